internal import CHighwayHash

/// Riegeli files, the container of ArrayRecord: chunks, which block headers interrupt every 64 KiB so
/// that readers find the next chunk after damage.
///
/// The format is google/riegeli's `riegeli_records_file_format.md`.
enum Riegeli {
    static let blockSize: Int64 = 1 << 16
    private static let blockHeaderSize: Int64 = 24
    private static let usableSize = blockSize - blockHeaderSize
    static let chunkHeaderSize = 40

    enum ChunkType: UInt8 {
        case signature = 0x73
        case records = 0x72
        case padding = 0x70
    }

    /// The first block header, and the chunk that says what kind of file it is.
    static let signature: [UInt8] = {
        var (chunk, bytes): ([UInt8], [UInt8]) = ([], [])
        appendHeader(.signature, size: 0, records: 0, decoded: 0, to: &chunk)
        chunk.withUnsafeMutableBytes { seal($0) }
        appendBlockHeader(at: 0, in: 0..<end(of: chunk.count, at: 0), to: &bytes)
        return bytes + chunk
    }()

    // MARK: Places

    /// Where a chunk ends that begins at a position: its bytes, and the block headers in it.
    static func end(of length: Int, at start: Int64) -> Int64 {
        let first = (start + usableSize - 1) % blockSize
        return start + Int64(length) + (Int64(length) + first) / usableSize * blockHeaderSize
    }

    /// Whether a block header comes before the byte at this position.
    static func needsBlockHeader(at position: Int64) -> Bool { position % blockSize == 0 }

    /// The header of the block at a position inside a chunk.
    static func appendBlockHeader(
        at position: Int64, in chunk: Range<Int64>, to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(UInt64(position - chunk.lowerBound))
        bytes.appendLittleEndian(UInt64(chunk.upperBound - position))
        bytes.withUnsafeMutableBytes { seal($0, at: start, hashing: start + 8..<$0.count) }
    }

    // MARK: Chunks

    /// The header of a chunk without its hashes.
    static func appendHeader(
        _ type: ChunkType, size: Int, records: Int, decoded: Int, to bytes: inout [UInt8]
    ) {
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(UInt64(size))
        bytes.appendLittleEndian(UInt64(0))
        bytes.appendLittleEndian(UInt64(records) << 8 | UInt64(type.rawValue))
        bytes.appendLittleEndian(UInt64(decoded))
    }

    /// Writes the hashes of a chunk into its header.
    static func seal(_ chunk: UnsafeMutableRawBufferPointer) {
        seal(chunk, at: 16, hashing: chunkHeaderSize..<chunk.count)
        seal(chunk, at: 0, hashing: 8..<chunkHeaderSize)
    }

    private static func seal(
        _ bytes: UnsafeMutableRawBufferPointer, at place: Int, hashing range: Range<Int>
    ) {
        let hash = hash(UnsafeRawBufferPointer(rebasing: bytes[range]))
        bytes.storeBytes(of: hash.littleEndian, toByteOffset: place, as: UInt64.self)
    }

    /// `Riegeli/`, `records\n`, twice.
    private static let key: [UInt64] = [
        0x2F69_6C65_6765_6952, 0x0A73_6472_6F63_6572, 0x2F69_6C65_6765_6952,
        0x0A73_6472_6F63_6572,
    ]

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        HighwayHash64(key, bytes.bindMemory(to: CChar.self).baseAddress, UInt64(bytes.count))
    }

    // MARK: Padding

    /// Where a block ends that is filled up from a position.
    static func padded(_ position: Int64) -> Int64 {
        let rest = (blockSize - position % blockSize) % blockSize
        // Too little for the header of a chunk: the next block, too.
        let isShort = rest > 0 && rest < Int64(chunkHeaderSize)
        return position + rest + (isShort ? blockSize : 0)
    }

    /// A chunk of zeros that fills up the block; nil at the end of a block.
    static func padding(at position: Int64) -> [UInt8]? {
        let end = padded(position)
        if end == position { return nil }
        // No longer than two blocks, so there is at most one block header in it.
        let isLong = end - position > blockSize - position % blockSize
        let length = Int(end - position - (isLong ? blockHeaderSize : 0)) - chunkHeaderSize
        var chunk: [UInt8] = []
        appendHeader(.padding, size: length, records: 0, decoded: 0, to: &chunk)
        chunk += repeatElement(0, count: length)
        return chunk
    }
}

/// ArrayRecord: a Riegeli file with a record in each chunk, and at its end where they are.
///
/// The format is google/array_record's `layout.proto`; the bytes are those of its writer with
/// `group_size:1,uncompressed`.
enum ArrayRecord {
    private static let magic: UInt64 = 0x7193_0E70_4FDA_E05E
    /// As the official writer calls its options.
    private static let options =
        "group_size:1,transpose:false,pad_to_block_boundary:false,uncompressed,max_parallelism:1"

    /// The beginning of a chunk with one record.
    static func appendHead(of length: Int, to bytes: inout [UInt8]) {
        Riegeli.appendHeader(
            .records, size: dataSize(length), records: 1, decoded: length, to: &bytes)
        bytes.append(0)
        let size = UInt64(length)
        TFExample.append(varint: UInt64(TFExample.varintSize(size)), to: &bytes)
        TFExample.append(varint: size, to: &bytes)
    }

    private static func dataSize(_ length: Int) -> Int {
        2 + TFExample.varintSize(UInt64(length)) + length
    }

    /// The chunk of a record without the block headers in it.
    static func chunkSize(_ length: Int) -> Int { Riegeli.chunkHeaderSize + dataSize(length) }

    /// Where records of these lengths end.
    static func end(of lengths: some Sequence<Int>) -> Int64 {
        lengths.reduce(Int64(Riegeli.signature.count)) {
            Riegeli.end(of: chunkSize($1), at: $0)
        }
    }

    /// The footer and the postscript, which say where each record is and where the footer is: chunks
    /// without their hashes and without the block headers in them, one after the other.
    static func tail(_ lengths: some Sequence<Int>, at base: Int64) -> [[UInt8]] {
        let footer = footer(lengths)
        var chunks = [footer]
        let end = Riegeli.end(of: footer.count, at: base)
        if let padding = Riegeli.padding(at: end) { chunks.append(padding) }

        var record: [UInt8] = []
        append(1, UInt64(base), to: &record)
        append(2, magic, to: &record)
        var postscript = head(records: 3, decoded: 3 * record.count)
        postscript += repeatElement(UInt8(record.count), count: 3)
        for _ in 0..<3 { postscript += record }
        chunks.append(postscript)
        let last = Riegeli.end(of: postscript.count, at: Riegeli.padded(end))
        if let padding = Riegeli.padding(at: last) { chunks.append(padding) }
        return chunks
    }

    private static func footer(_ lengths: some Sequence<Int>) -> [UInt8] {
        let footer = Footer(lengths)
        var chunk = head(records: footer.count + 1, decoded: footer.decoded)
        chunk.append(UInt8(footer.metadata.count))
        var position = Int64(Riegeli.signature.count)
        for length in lengths {
            chunk.append(UInt8(Footer.recordSize(position, length)))
            position = Riegeli.end(of: chunkSize(length), at: position)
        }
        chunk += footer.metadata
        position = Int64(Riegeli.signature.count)
        for length in lengths {
            append(1, UInt64(position), to: &chunk)
            append(2, UInt64(length), to: &chunk)
            append(3, 1, to: &chunk)
            position = Riegeli.end(of: chunkSize(length), at: position)
        }
        return chunk
    }

    /// The length of the tail, without making it.
    static func tailSize(_ lengths: some Sequence<Int>, at base: Int64) -> Int64 {
        let footer = Footer(lengths)
        let chunk =
            head(records: footer.count + 1, decoded: footer.decoded).count + footer.count + 1
        let end = Riegeli.padded(Riegeli.end(of: chunk + footer.decoded, at: base))
        // The postscript fills a block.
        return end + Riegeli.blockSize - base
    }

    /// What the footer consists of: a record about all records, and one about each.
    private struct Footer {
        private(set) var count = 0
        /// The bytes of its records.
        private(set) var decoded = 0
        private(set) var metadata: [UInt8] = []

        init(_ lengths: some Sequence<Int>) {
            var position = Int64(Riegeli.signature.count)
            for length in lengths {
                count += 1
                decoded += Self.recordSize(position, length)
                position = Riegeli.end(of: chunkSize(length), at: position)
            }
            var inner: [UInt8] = []
            append(1, 1, to: &inner)
            append(2, UInt64(count), to: &inner)
            append(3, UInt64(count), to: &inner)
            TFExample.append(field: 4, length: options.utf8.count, to: &inner)
            inner += options.utf8
            TFExample.append(field: 1, length: inner.count, to: &metadata)
            metadata += inner
            decoded += metadata.count
        }

        /// Three fields with their tags.
        static func recordSize(_ position: Int64, _ length: Int) -> Int {
            4 + TFExample.varintSize(UInt64(position)) + TFExample.varintSize(UInt64(length))
        }
    }

    /// The head of a chunk whose records are all shorter than 128 bytes, so that each size is a byte.
    private static func head(records: Int, decoded: Int) -> [UInt8] {
        let sizes = TFExample.varintSize(UInt64(records))
        var chunk: [UInt8] = []
        Riegeli.appendHeader(
            .records, size: 1 + sizes + records + decoded, records: records, decoded: decoded,
            to: &chunk)
        chunk.reserveCapacity(chunk.count + 1 + sizes + records + decoded)
        chunk.append(0)
        TFExample.append(varint: UInt64(records), to: &chunk)
        return chunk
    }

    private static func append(_ field: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
        bytes.append(field << 3)
        TFExample.append(varint: value, to: &bytes)
    }
}
