internal import Disk

/// Some files of an image in a row, as they will be stored. Threads use it one after another.
final class SquashFSBatch: Sendable {
    private static let bytes = 1 << 20
    private static let images = 2048

    private let samples: SampleSequence
    private let reader: SampleReader
    /// Nil without compression.
    private nonisolated(unsafe) let compressor: SquashFSCompressor?
    private nonisolated(unsafe) let intake: ImageIntake
    private nonisolated(unsafe) let space: UnsafeMutableRawBufferPointer
    /// For an image whose bytes will change.
    private nonisolated(unsafe) let scratch: UnsafeMutableRawBufferPointer
    private nonisolated(unsafe) var used = 0
    /// The stored lengths of all blocks, with compression.
    private(set) nonisolated(unsafe) var blocks: [UInt32] = []
    private(set) nonisolated(unsafe) var oddities: [Oddity] = []

    init(
        _ samples: SampleSequence, _ compression: SquashFSFormat.Compression, _ run: ShardRun
    ) throws {
        self.samples = samples
        reader = run.reader
        compressor = compression == .none ? nil : try SquashFSCompressor(compression)
        intake = try ImageIntake(
            samples, run.reader, run.export.images, validates: run.options.validates)
        // Untouched memory costs nothing, and most images are far shorter than the longest.
        let longest = max(
            samples.table.longest, samples.changedSizes.values.reduce(0) { max($0, $1) })
        space = .allocate(byteCount: Self.bytes + longest, alignment: 4096)
        scratch = .allocate(byteCount: longest, alignment: 4096)
    }

    deinit {
        space.deallocate()
        scratch.deallocate()
    }

    /// Divides all images into batches that fit.
    static func ranges(_ samples: SampleSequence) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var (start, size) = (0, 0)
        for position in 0..<samples.count {
            size += samples.size(position)
            if size < bytes, position + 1 - start < images, position + 1 < samples.count {
                continue
            }
            ranges.append(start..<position + 1)
            (start, size) = (position + 1, 0)
        }
        return ranges
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: space[..<used]) }

    func willRead(_ range: Range<Int>) {
        reader.willRead(range.lazy.map { [samples] in samples.sample($0) })
    }

    func fill(_ range: Range<Int>) throws {
        used = 0
        blocks.removeAll(keepingCapacity: true)
        oddities.removeAll(keepingCapacity: true)
        for position in range {
            let size = samples.table.size(samples.sample(position))
            let isStoredAsRead = compressor == nil && samples.size(position) == size
            let target = isStoredAsRead ? space[used..<used + size] : scratch[..<size]
            let (image, odd, _) = try intake.read(
                position, into: UnsafeMutableRawBufferPointer(rebasing: target))
            if let odd { oddities.append(odd) }
            if compressor != nil {
                try compress(image)
            } else {
                let place = UnsafeMutableRawBufferPointer(
                    rebasing: space[used..<used + image.count])
                if image.baseAddress != UnsafeRawPointer(place.baseAddress) {
                    place.copyMemory(from: image)
                }
                used += image.count
            }
        }
    }

    private func compress(_ image: UnsafeRawBufferPointer) throws {
        var start = 0
        while start < image.count {
            let end = min(start + SquashFSImage.blockSize, image.count)
            let block = UnsafeRawBufferPointer(rebasing: image[start..<end])
            let place = UnsafeMutableRawBufferPointer(rebasing: space[used..<used + block.count])
            let length = try compressor?.compress(block, into: place) ?? 0
            if length == 0 { place.copyMemory(from: block) }
            blocks.append(
                length == 0 ? UInt32(block.count) | SquashFSBlocks.isRaw : UInt32(length))
            used += length == 0 ? block.count : length
            start = end
        }
    }
}
