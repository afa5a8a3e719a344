package import Disk

/// Bytes that come from front to back, in blocks as large as their source likes.
protocol BlockSource: AnyObject {
    /// What messages call it.
    var path: Path { get }
    /// The byte of the file up to which it was used.
    var fileOffset: Int64 { get }
    /// The next bytes, good until the next call; nil after the last. What comes before damage is
    /// given before the damage is told.
    func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer?
}

/// Reads what a file was compressed from, with gzip, bzip2, xz or zstd.
///
/// What comes out is not looked at: something that was compressed twice stays compressed once. All
/// that one file can cost is limited: memory, a beginning of which nothing comes, and what it
/// unpacks to.
package final class Decompressor: BlockSource {
    private static let inputSize = 128 << 10
    private static let outputSize = 64 << 10
    /// Bytes of a stream before anything comes of it, names and comments; blocks are smaller.
    private static let longestHeader: Int64 = 16 << 20

    /// More than any archive unpacks to: deflate, which gzip and zip use, makes at most 1032 bytes of
    /// one, and what others can do beyond that is of no use to images. A small file may be mostly
    /// padding.
    package static func mostBytes(from size: Int64) -> Int64 {
        let (most, overflow) = max(size, 64 << 10).multipliedReportingOverflow(by: 1100)
        return overflow ? .max : most
    }

    let file: FileDescriptor
    private let compression: Compression
    private let codec: any Codec
    private let memory: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    /// What was read and not used yet, in `memory`.
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
        // Last: what is thrown before that leaves nothing to free.
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

    /// - Returns: nil where nothing came out yet.
    private func step() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        let before = input.count
        let (written, state) = codec.step(&input, output)
        total += Int64(written)
        streamBytes += Int64(written)
        switch state {
        case .open:
            // It may still give what it holds; with nothing new and nothing given it never ends.
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

    /// Whether another stream follows, as some programs write them; zeros in between are padding.
    /// Anything else is no part of what was compressed, as for gzip itself.
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
