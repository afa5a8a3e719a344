internal import Disk

/// Writes a shard: each image is read into its place, inspected, framed, hashed and written, once.
struct ShardWorker<Format: ShardWriting>: ~Copyable {
    /// The number of images that are announced to the system.
    private static var window: Int { 128 }

    private let format: Format
    private let reader: SampleReader
    private let intake: ImageIntake
    private var buffer: RecordBuffer
    private var frame = ShardFrame()

    init(
        _ format: Format, _ reader: SampleReader, _ mode: ImageMode, validates: Bool,
        halvesColours: Bool = false
    ) throws(ExportError) {
        self.format = format
        self.reader = reader
        intake = try ImageIntake(
            format.samples, reader, mode, validates: validates, halvesColours: halvesColours)
        // Untouched memory costs nothing, and most images are far shorter than the longest.
        buffer = RecordBuffer(longestImage: format.samples.table.longest)
    }

    /// - Parameter step: is called after each image with its size; what it throws ends the work.
    mutating func write(
        _ shard: Int, in folder: borrowing Folder, companions: borrowing Folder,
        step: (Int) throws -> Void
    ) throws -> ShardRecord {
        let name = format.name(of: shard)
        let suffix = format.compression?.suffix ?? ""
        let staging = Path(".\(name).new")
        var file = try ShardFile(
            folder, staging: staging, name: name, algorithms: format.algorithms,
            compression: format.compression, rawSize: format.size(of: shard))
        try file.append(format.head(of: shard))
        let range = format.shards[shard]
        var sizes: [UInt32] = []
        sizes.reserveCapacity(range.count)
        var oddities: [Oddity] = []
        willRead(range.lowerBound, in: range)
        for position in range {
            if (position - range.lowerBound).isMultiple(of: Self.window) {
                willRead(position + Self.window, in: range)
            }
            let (size, odd) = try write(position, to: &file)
            sizes.append(UInt32(size))
            if let odd { oddities.append(odd) }
            try step(size)
        }
        for var part in format.tail(of: shard, after: file.length) {
            try part.withUnsafeMutableBytes { try append($0, to: &file) }
        }
        let (raw, packed) = try file.finish(suffix: suffix)
        if let companion = format.companion(of: shard, recordSizes: sizes) {
            try companions.publish(Path(companion.name), companion.bytes, synced: false)
        }
        try folder.rename(staging, to: Path(name + suffix))
        return ShardRecord(
            shard: shard, samples: range.count, raw: raw, packed: packed, oddities: oddities)
    }

    private func willRead(_ start: Int, in range: Range<Int>) {
        let window = (start..<max(start, min(start + Self.window, range.upperBound)))
        reader.willRead(window.lazy.map { [samples = format.samples] in samples.sample($0) })
    }

    private mutating func write(
        _ position: Int, to file: inout ShardFile
    ) throws -> (size: Int, odd: Oddity?) {
        let space = buffer.prepare(format.samples.table.size(format.samples.sample(position)))
        let (image, odd, isRepaired) = try intake.read(position, into: space)
        frame.clear()
        try format.frame(position, image, &frame)
        if !isRepaired, let record = buffer.joined(frame) {
            try append(record, to: &file)
            return (record.count, odd)
        }
        if format.isRiegeli {
            var chunk = frame.before + image + frame.after
            try chunk.withUnsafeMutableBytes { try append($0, to: &file) }
        } else {
            try file.append(frame.before)
            try file.append(image)
            try file.append(frame.after)
        }
        return (frame.before.count + image.count + frame.after.count, odd)
    }

    private func append(
        _ bytes: UnsafeMutableRawBufferPointer, to file: inout ShardFile
    ) throws {
        if format.isRiegeli {
            try file.append(chunk: bytes)
        } else {
            try file.append(UnsafeRawBufferPointer(bytes))
        }
    }
}
