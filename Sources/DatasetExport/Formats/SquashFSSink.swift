internal import CSquashFS

/// Gets what libsquashfs writes, which it always writes at the end.
final class SquashFSSink {
    /// For functions of libsquashfs. They must not outlive this object.
    var file: UnsafeMutablePointer<sqfs_file_t> {
        UnsafeMutableRawPointer(object).assumingMemoryBound(to: sqfs_file_t.self)
    }

    private let object = UnsafeMutablePointer<csqfs_sink>.allocate(capacity: 1)
    private let write: (UnsafeRawBufferPointer) throws -> Void
    private(set) var size: Int64
    private var failure: (any Error)?

    /// - Parameters:
    ///   - size: what there is before the first byte.
    ///   - write: gets all bytes in their order.
    init(after size: Int64 = 0, write: @escaping (UnsafeRawBufferPointer) throws -> Void = { _ in })
    {
        self.size = size
        self.write = write
        var sink = csqfs_sink()
        sink.file.write_at = { file, offset, bytes, count in
            guard let sink = SquashFSSink.behind(file) else { return SQFS_ERROR_INTERNAL.rawValue }
            return sink.take(UnsafeRawBufferPointer(start: bytes, count: count), at: offset)
        }
        sink.file.get_size = { file in
            UInt64(SquashFSSink.behind(file)?.size ?? 0)
        }
        sink.context = Unmanaged.passUnretained(self).toOpaque()
        object.initialize(to: sink)
    }

    deinit { object.deallocate() }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try write(bytes)
        size += Int64(bytes.count)
    }

    /// - Parameter status: what a function of libsquashfs has returned.
    /// - Throws: the error of `write`, or one with libsquashfs's number.
    func check(_ status: Int32) throws {
        if status >= 0 { return }
        if let failure { throw failure }
        throw SquashFSFailure.error(status)
    }

    private func take(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Int32 {
        guard offset == UInt64(size) else { return SQFS_ERROR_SEQUENCE.rawValue }
        do {
            try append(bytes)
            return 0
        } catch {
            failure = error
            return SQFS_ERROR_IO.rawValue
        }
    }

    private static func behind(_ file: UnsafePointer<sqfs_file_t>?) -> SquashFSSink? {
        guard let file else { return nil }
        let sink = UnsafeRawPointer(file).assumingMemoryBound(to: csqfs_sink.self)
        return sink.pointee.context.map {
            Unmanaged<SquashFSSink>.fromOpaque($0).takeUnretainedValue()
        }
    }
}

enum SquashFSFailure {
    static func error(_ status: Int32) -> ExportError {
        status == SQFS_ERROR_ALLOC.rawValue
            ? .encoder("libsquashfs", "no memory") : .encoder("libsquashfs", "error \(status)")
    }
}
