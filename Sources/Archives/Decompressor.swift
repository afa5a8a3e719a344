package import Disk

/// Bytes from front to back, in blocks of any size.
protocol BlockSource: AnyObject {
    /// What messages call it.
    var path: Path { get }
    /// How far the file was used.
    var fileOffset: Int64 { get }
    /// The next bytes, good until the next call; nil after the last. Bytes before damage are
    /// given before the error is thrown.
    func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer?
}

/// Decompresses a file: gzip, bzip2, xz or zstd.
///
/// One layer only: a file that was compressed twice stays compressed once. Memory, the length of a
/// header and the unpacked size are limited.
package final class Decompressor: BlockSource {
    private static let inputSize = 128 << 10
    private static let outputSize = 64 << 10
    /// The most bytes of a stream before its first output: names and comments.
    private static let longestHeader: Int64 = 16 << 20

    /// More than any archive unpacks to: deflate, which gzip and zip use, makes at most 1032 bytes of
    /// one, and images do not compress better with others. A small file may be mostly padding.
    package static func mostBytes(from size: Int64) -> Int64 {
        let (most, overflow) = max(size, 64 << 10).multipliedReportingOverflow(by: 1100)
        return overflow ? .max : most
    }

    let file: FileDescriptor
    private let compression: Compression
    private let codec: any Codec
    private let memory: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    /// The unused input, in `memory`.
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var readOffset: Int64 = 0
    private var isAtEnd = false
    private var isBetweenStreams = false
    private var streamStart: Int64 = 0
    private var streamBytes: Int64 = 0
    private var total: Int64 = 0
    private var failure: ArchiveError?

    /// - Throws: `.notAnArchive` for a file that is not compressed, `.disk`.
    package init(_ file: consuming FileDescriptor) throws(ArchiveError) {
        let start = try ArchiveError.catching(file.bytes(upTo: Compression.longestMark))
        guard let found = start.withUnsafeBytes({ Compression($0) }) else {
            throw .notAnArchive(file.path)
        }
        compression = found
        codec = try found.codec()
        self.file = file
        // Last, so that errors before leave nothing to free.
        memory = .allocate(byteCount: Self.inputSize, alignment: 4096)
        output = .allocate(byteCount: Self.outputSize, alignment: 4096)
    }

    deinit {
        memory.deallocate()
        output.deallocate()
    }

    var path: Path { file.path }
    var fileOffset: Int64 { readOffset - Int64(input.count) }

    package func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        if let failure { throw failure }
        do throws(ArchiveError) {
            while true {
                if isBetweenStreams, try !findStream() { return nil }
                if input.isEmpty { try fill() }
                if let block = try step() { return block }
            }
        } catch {
            failure = error
            throw error
        }
    }

    // MARK: Streams

    /// - Returns: nil if there is no output yet.
    private func step() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        let before = input.count
        let (written, state) = codec.step(&input, output)
        total += Int64(written)
        streamBytes += Int64(written)
        switch state {
        case .open:
            // It may still have output; without input and output it would never end.
            if written == 0, input.count == before {
                throw damaged(isAtEnd ? "it ends too early" : "the compressed data is invalid")
            }
            if streamBytes == 0, fileOffset - streamStart > Self.longestHeader {
                throw damaged("its header has no end")
            }
        case .ended: isBetweenStreams = true
        case .failed(let reason): failure = damaged(reason)
        case .outOfMemory: failure = .outOfMemory
        case .needsTooMuch: failure = .needsTooMuch(path)
        }
        if total > Self.mostBytes(from: fileOffset) {
            throw .unpacksToTooMuch(path, at: fileOffset)
        }
        if written > 0 { return UnsafeRawBufferPointer(rebasing: output[..<written]) }
        if let failure { throw failure }
        return nil
    }

    /// Whether another stream follows; zeros in between are padding. Anything else is ignored, as gzip
    /// does.
    private func findStream() throws(ArchiveError) -> Bool {
        while true {
            let padding = input.prefix { $0 == 0 }.count
            input = UnsafeRawBufferPointer(rebasing: input[padding...])
            if !input.isEmpty || isAtEnd { break }
            try fill()
        }
        while input.count < Compression.longestMark, !isAtEnd { try fill() }
        guard compression.begins(input) else { return false }
        isBetweenStreams = false
        streamStart = fileOffset
        streamBytes = 0
        return true
    }

    /// Reads more, and keeps what is not used yet.
    private func fill() throws(ArchiveError) {
        if isAtEnd { return }
        let kept = input.count
        memory.copyMemory(from: input)
        let room = UnsafeMutableRawBufferPointer(rebasing: memory[kept...])
        let count = try ArchiveError.catching(file.read(into: room, at: readOffset))
        isAtEnd = count == 0
        readOffset += Int64(count)
        input = UnsafeRawBufferPointer(rebasing: memory[..<(kept + count)])
    }

    private func damaged(_ reason: String) -> ArchiveError {
        .damaged(path, at: fileOffset, reason)
    }
}
