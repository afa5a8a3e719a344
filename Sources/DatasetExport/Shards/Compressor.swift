internal import CBzip2
internal import CZstd

/// Compresses a shard in pieces, so that it need not be in memory. The output depends on the input,
/// the level and the library's version.
final class Compressor {
    private static let chunkSize = 256 << 10

    // One of them is set.
    private var zstd: OpaquePointer?
    private var bzip2: UnsafeMutablePointer<bz_stream>?
    private var deflater: Deflater?
    private let chunk: UnsafeMutableRawBufferPointer

    /// - Parameter size: zstd stores it, and Python's reader of whole frames needs it.
    init(_ compression: ShardCompression, size: Int64) throws(ExportError) {
        chunk = .allocate(byteCount: Self.chunkSize, alignment: 64)
        switch compression.method {
        case .zstd:
            guard let context = ZSTD_createCCtx() else { throw .encoder("zstd", "no memory") }
            zstd = context
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(compression.level))
            ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size))
        case .bz2:
            // The stream stores its own address.
            let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
            stream.initialize(to: bz_stream())
            bzip2 = stream
            guard BZ2_bzCompressInit(stream, CInt(compression.level), 0, 0) == BZ_OK else {
                throw .encoder("bzip2", "no memory")
            }
        case .gz: deflater = try Deflater(.gzip, level: compression.level)
        }
    }

    deinit {
        chunk.deallocate()
        ZSTD_freeCCtx(zstd)
        if let bzip2 {
            BZ2_bzCompressEnd(bzip2)
            bzip2.deallocate()
        }
    }

    /// Compresses the next bytes; `isLast` ends the stream.
    func run(
        _ input: UnsafeRawBufferPointer, isLast: Bool = false,
        _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if let zstd { return try Self.runZstd(zstd, input, isLast, chunk, write) }
        if let bzip2 { return try Self.runBzip2(bzip2, input, isLast, chunk, write) }
        try deflater?.run(input, isLast: isLast, write)
    }

    private static func runZstd(
        _ context: OpaquePointer, _ input: UnsafeRawBufferPointer, _ isLast: Bool,
        _ chunk: UnsafeMutableRawBufferPointer, _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        let mode = isLast ? ZSTD_e_end : ZSTD_e_continue
        while true {
            var target = ZSTD_outBuffer(dst: chunk.baseAddress, size: chunk.count, pos: 0)
            let left = ZSTD_compressStream2(context, &target, &source, mode)
            if ZSTD_isError(left) != 0 {
                throw ExportError.encoder("zstd", String(cString: ZSTD_getErrorName(left)))
            }
            try write(UnsafeRawBufferPointer(rebasing: chunk[..<target.pos]))
            if isLast ? left == 0 : source.pos == source.size { return }
        }
    }

    private static func runBzip2(
        _ stream: UnsafeMutablePointer<bz_stream>, _ input: UnsafeRawBufferPointer,
        _ isLast: Bool, _ chunk: UnsafeMutableRawBufferPointer,
        _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let bytes = input.bindMemory(to: CChar.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        stream.pointee.avail_in = UInt32(clamping: input.count)
        while true {
            stream.pointee.next_out = chunk.bindMemory(to: CChar.self).baseAddress
            stream.pointee.avail_out = UInt32(chunk.count)
            let status = BZ2_bzCompress(stream, isLast ? BZ_FINISH : BZ_RUN)
            guard [BZ_RUN_OK, BZ_FINISH_OK, BZ_STREAM_END].contains(status) else {
                throw ExportError.encoder("bzip2", "error \(status)")
            }
            let count = chunk.count - Int(stream.pointee.avail_out)
            try write(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            if isLast ? status == BZ_STREAM_END : stream.pointee.avail_in == 0 { return }
        }
    }
}
