internal import CBzip2
internal import CLzma
internal import CZlib
internal import CZstd

/// Memory that one archive may take to be decompressed: `xz -9` and `zstd --long` need less.
private let mostMemory: UInt64 = 160 << 20

final class Gunzip: Codec {
    /// The largest window, and gzip's header and checksum around what is compressed (zlib.h).
    private static let form: CInt = 15 + 16

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() throws(ArchiveError) {
        stream.initialize(to: z_stream())
        let size = CInt(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, Self.form, ZLIB_VERSION, size) == Z_OK else {
            throw .outOfMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (written: Int, state: CodecState) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        let code = inflate(stream, Z_NO_FLUSH)
        input.take(input.count - Int(stream.pointee.avail_in))
        return (output.count - Int(stream.pointee.avail_out), state(code))
    }

    private func state(_ code: CInt) -> CodecState {
        switch code {
        case Z_OK, Z_BUF_ERROR: return .open
        case Z_STREAM_END:
            inflateReset(stream)
            return .ended
        case Z_MEM_ERROR: return .outOfMemory
        default:
            let words = stream.pointee.msg
            let isSum = words.map { String(cString: $0).hasSuffix(" check") } ?? false
            return isSum ? .wrongSum : .nonsense(words)
        }
    }
}

final class Bunzip2: Codec {
    private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)

    init() throws(ArchiveError) {
        stream.initialize(to: bz_stream())
        guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw .outOfMemory }
    }

    deinit {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
    }

    func step(
        _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (written: Int, state: CodecState) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.pointee.avail_out = UInt32(output.count)
        let code = BZ2_bzDecompress(stream)
        input.take(input.count - Int(stream.pointee.avail_in))
        return (output.count - Int(stream.pointee.avail_out), state(code))
    }

    private func state(_ code: CInt) -> CodecState {
        switch code {
        case BZ_OK: return .open
        case BZ_STREAM_END:
            BZ2_bzDecompressEnd(stream)
            stream.initialize(to: bz_stream())
            return BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK ? .ended : .outOfMemory
        case BZ_MEM_ERROR: return .outOfMemory
        default: return .nonsense(nil)
        }
    }
}

final class Unxz: Codec {
    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)

    init() throws(ArchiveError) {
        stream.initialize(to: lzma_stream())
        guard lzma_stream_decoder(stream, mostMemory, 0) == LZMA_OK else { throw .outOfMemory }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func step(
        _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (written: Int, state: CodecState) {
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = input.count
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = output.count
        let code = lzma_code(stream, LZMA_RUN)
        input.take(input.count - stream.pointee.avail_in)
        return (output.count - stream.pointee.avail_out, state(code))
    }

    private func state(_ code: lzma_ret) -> CodecState {
        switch code {
        case LZMA_OK, LZMA_BUF_ERROR: .open
        // This reuses the old decoder's memory.
        case LZMA_STREAM_END:
            lzma_stream_decoder(stream, mostMemory, 0) == LZMA_OK ? .ended : .outOfMemory
        case LZMA_MEM_ERROR: .outOfMemory
        case LZMA_MEMLIMIT_ERROR: .needsTooMuch
        default: .nonsense(nil)
        }
    }
}

final class Unzstd: Codec {
    private let context: OpaquePointer

    init() throws(ArchiveError) {
        // Its own limit for the window is 128 MiB (ZSTD_d_windowLogMax).
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    func step(
        _ input: inout UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (written: Int, state: CodecState) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let code = ZSTD_decompressStream(context, &target, &source)
        input.take(source.pos)
        if ZSTD_isError(code) == 0 { return (target.pos, code == 0 ? .ended : .open) }
        switch ZSTD_getErrorCode(code) {
        case ZSTD_error_memory_allocation: return (target.pos, .outOfMemory)
        case ZSTD_error_frameParameter_windowTooLarge: return (target.pos, .needsTooMuch)
        case ZSTD_error_checksum_wrong: return (target.pos, .wrongSum)
        default: return (target.pos, .nonsense(ZSTD_getErrorName(code)))
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate mutating func take(_ count: Int) {
        self = UnsafeRawBufferPointer(rebasing: self[count...])
    }
}
