internal import CSquashFS

/// Compresses the blocks of an image. For one thread.
final class SquashFSCompressor {
    /// JPEGs hardly shrink at any level, so the fast one that MDSWriter uses.
    private static let level: UInt32 = 3

    let pointer: UnsafeMutablePointer<sqfs_compressor_t>
    let method: SquashFSFormat.Compression

    init(_ method: SquashFSFormat.Compression) throws(ExportError) {
        self.method = method
        switch method {
        case .none:
            // Nothing ever becomes smaller, so everything is stored as it is.
            var compressor = sqfs_compressor_t()
            compressor.do_block = { _, _, _, _, _ in 0 }
            pointer = .allocate(capacity: 1)
            pointer.initialize(to: compressor)
        case .zstd:
            var settings = sqfs_compressor_config_t()
            var made: UnsafeMutablePointer<sqfs_compressor_t>?
            var status = sqfs_compressor_config_init(
                &settings, SQFS_COMP_ZSTD, Int(SquashFSImage.blockSize), 0)
            settings.level = Self.level
            if status == 0 { status = sqfs_compressor_create(&settings, &made) }
            guard let made else { throw SquashFSFailure.error(status) }
            pointer = made
        }
    }

    deinit {
        if method == .none { pointer.deallocate() } else { sqfs_destroy(pointer) }
    }

    /// Writes what follows the header: tools show the level.
    func writeOptions(to sink: SquashFSSink) throws {
        try sink.check(pointer.pointee.write_options?(pointer, sink.file) ?? 0)
    }

    /// - Returns: the length of the compressed block; 0 if it would not be shorter.
    func compress(
        _ block: UnsafeRawBufferPointer, into space: UnsafeMutableRawBufferPointer
    ) throws(ExportError) -> Int {
        let status =
            pointer.pointee.do_block?(
                pointer, block.bindMemory(to: UInt8.self).baseAddress, UInt32(block.count),
                space.bindMemory(to: UInt8.self).baseAddress, UInt32(space.count)) ?? 0
        if status < 0 { throw SquashFSFailure.error(status) }
        return Int(status)
    }
}
