internal import CSquashFS
internal import Checksums
internal import Disk
internal import Synchronization

/// A SquashFS image of class folders: a header, the files one after another, and the tables.
///
/// - There are no fragments. They let the ends of files be compressed together; without compression
///   an end takes no more than its length anyway, and an image stays one range of bytes.
/// - Nothing is deduplicated: that needs a hash of every block in memory, and ImageNet has few
///   images twice.
/// - Blocks have mksquashfs's usual length. Linux reads single images of 120 KB five times as slowly
///   from blocks of 1 MiB.
///
/// Without compression all lengths are known before the first byte, so the header is written first
/// and each byte is read, hashed and written once.
struct SquashFSImage: ShardPlan {
    static let blockSize = 128 << 10
    private static let uncompressed =
        UInt16(SQFS_FLAG_UNCOMPRESSED_INODES.rawValue)
        | UInt16(SQFS_FLAG_UNCOMPRESSED_DATA.rawValue)
        | UInt16(SQFS_FLAG_UNCOMPRESSED_FRAGMENTS.rawValue)
        | UInt16(SQFS_FLAG_UNCOMPRESSED_XATTRS.rawValue)
        | UInt16(SQFS_FLAG_UNCOMPRESSED_IDS.rawValue)
    static let headerSize = Int64(MemoryLayout<sqfs_super_t>.size)

    let samples: SampleSequence
    let compression: SquashFSFormat.Compression
    private let fileName: String
    /// The header of the image without compression.
    let header: [UInt8]
    private let mostBytes: Int64

    init(
        _ samples: SampleSequence, _ compression: SquashFSFormat.Compression, named name: String
    ) throws {
        self.samples = samples
        self.compression = compression
        fileName = name
        // Also for compression: nothing is stored that would be larger.
        let sink = SquashFSSink(after: Self.headerSize + samples.bytes)
        header = try Self.writeTables(
            to: sink, samples, SquashFSBlocks(), from: Self.headerSize, SquashFSCompressor(.none))
        mostBytes = sink.size + (compression == .none ? 0 : Self.optionsSize)
    }

    // MARK: The plan

    var shards: [Range<Int>] { [0..<samples.count] }
    func name(of shard: Int) -> String { fileName }
    func size(of shard: Int) -> Int64 { mostBytes }

    func write(
        _ shard: Int, in folder: borrowing Folder, companions: borrowing Folder, _ run: ShardRun,
        step: @escaping ShardRun.Step
    ) throws -> ShardRecord {
        let staging = Path(".\(fileName).new")
        let file = OpenFile(
            try ShardFile(
                folder, staging: staging, name: fileName,
                algorithms: compression == .none ? [.xxh64] : [], compression: nil,
                rawSize: mostBytes))
        let sink = SquashFSSink { try file.append($0) }
        let compressor = try SquashFSCompressor(compression)
        try header.withUnsafeBytes { try sink.append($0) }
        try compressor.writeOptions(to: sink)
        let dataStart = sink.size
        let (blocks, oddities) = try writeImages(to: sink, run, step)
        let header = try Self.writeTables(to: sink, samples, blocks, from: dataStart, compressor)
        var facts = try file.finish()
        if compression == .none {
            guard header == self.header else {
                throw ExportError.encoder("libsquashfs", "the tables have another length")
            }
        } else {
            // Only now are all lengths known. The digest begins with the header, so the file is
            // read again.
            let written = try folder.file(staging, .updating)
            try written.write(header, at: 0)
            facts.digests = try FileDigests.of(written, [.xxh64])
            try written.close()
        }
        try folder.rename(staging, to: Path(fileName))
        return ShardRecord(
            shard: shard, samples: samples.count, raw: facts, packed: nil, oddities: oddities)
    }

    // MARK: Header and tables

    /// Writes what follows the images.
    ///
    /// - Parameters:
    ///   - sink: contains everything before.
    ///   - start: where the images begin.
    /// - Returns: the header.
    static func writeTables(
        to sink: SquashFSSink, _ samples: SampleSequence, _ blocks: SquashFSBlocks,
        from start: Int64, _ compressor: SquashFSCompressor
    ) throws -> [UInt8] {
        var header = sqfs_super_t()
        // Every kernel with SquashFS can have gzip, which is the default of the field.
        let method = compressor.method == .none ? SQFS_COMP_GZIP : SQFS_COMP_ZSTD
        let status = sqfs_super_init(&header, blockSize, 0, method)
        if status != 0 { throw SquashFSFailure.error(status) }
        header.id_count = 1
        if compressor.method == .none { header.flags |= uncompressed }
        if start > headerSize { header.flags |= UInt16(SQFS_FLAG_COMPRESSOR_OPTIONS.rawValue) }
        try SquashFSTables(samples: samples, blocks: blocks, dataStart: start)
            .write(to: sink, compressor, &header)
        var bytes: [UInt8] = []
        let encoder = SquashFSSink { bytes += $0 }
        try encoder.check(sqfs_super_write(&header, encoder.file))
        return bytes
    }

    /// A table's header and 8 bytes at the most.
    private static let optionsSize: Int64 = 16

    // MARK: The files

    private func writeImages(
        to sink: SquashFSSink, _ run: ShardRun, _ step: @escaping ShardRun.Step
    ) throws -> (SquashFSBlocks, [Oddity]) {
        let batches = SquashFSBatch.ranges(samples)
        let threads = run.options.threads
        let window = threads + 2
        let free = Monitor<[SquashFSBatch]>([])
        var oddities: [Oddity] = []
        var stored: [UInt32]? = compression == .none ? nil : []
        try Workers.inOrder(batches.count, threads: threads, window: window) { index in
            let batch = try free.update { $0.popLast() } ?? SquashFSBatch(samples, compression, run)
            if batches.indices.contains(index + window) { batch.willRead(batches[index + window]) }
            try batch.fill(batches[index])
            return batch
        } consume: { index, batch in
            try sink.append(batch.bytes)
            stored?.append(contentsOf: batch.blocks)
            oddities += batch.oddities
            try step(batches[index].count, Int64(batch.bytes.count))
            free.update { $0.append(batch) }
        }
        return (SquashFSBlocks(stored: stored), oddities)
    }

    /// The file behind a sink, whose closure cannot hold it.
    private final class OpenFile {
        private var file: ShardFile?

        init(_ file: consuming ShardFile) { self.file = consume file }

        func append(_ bytes: UnsafeRawBufferPointer) throws { try file?.append(bytes) }

        func finish() throws -> ShardFile.Facts {
            guard let file = file.take() else { preconditionFailure("finished twice") }
            return try file.finish(suffix: "").raw
        }
    }
}
