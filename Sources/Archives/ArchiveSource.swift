internal import CArchive
internal import Disk
internal import Glibc

/// The file under an archive, as libarchive's callbacks see it: `pread` with a position.
///
/// A class, because libarchive keeps its address.
final class ArchiveSource {
    let file: FileDescriptor
    /// Bytes that one callback may read.
    var blockSize: Int
    /// What a callback could not tell libarchive, whose `archive_set_error` is variadic.
    private(set) var failure: DiskError?

    let size: Int64
    private var position: Int64 = 0
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ file: consuming FileDescriptor, blockSize: Int, capacity: Int) throws(ArchiveError) {
        size = try ArchiveError.catching(file.size())
        self.file = file
        self.blockSize = min(blockSize, capacity)
        buffer = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    var path: Path { file.path }

    /// The next block, empty at the end; nil after a failure.
    func read() -> UnsafeRawBufferPointer? {
        let block = UnsafeMutableRawBufferPointer(rebasing: buffer[..<blockSize])
        do {
            let count = try file.read(into: block, at: position)
            position += Int64(count)
            return UnsafeRawBufferPointer(rebasing: block[..<count])
        } catch {
            failure = error
            return nil
        }
    }

    /// Skips bytes without reading them, but not beyond the end: a cut member must be noticed.
    func skip(_ request: Int64) -> Int64 {
        let count = max(0, min(request, size - position))
        position += count
        return count
    }

    func seek(_ offset: Int64, from base: Int64) -> Int64? {
        let (target, overflow) = base.addingReportingOverflow(offset)
        guard !overflow, target >= 0 else { return nil }
        position = min(target, size)
        return position
    }

    func seek(_ offset: Int64, whence: CInt) -> Int64? {
        switch whence {
        case SEEK_SET: seek(offset, from: 0)
        case SEEK_CUR: seek(offset, from: position)
        case SEEK_END: seek(offset, from: size)
        default: nil
        }
    }
}

private func source(_ context: UnsafeMutableRawPointer?) -> ArchiveSource? {
    context.map { Unmanaged<ArchiveSource>.fromOpaque($0).takeUnretainedValue() }
}

func archiveReadCallback(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?,
    block: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> la_ssize_t {
    guard let bytes = source(context)?.read() else { return la_ssize_t(ARCHIVE_FATAL) }
    block?.pointee = bytes.baseAddress
    return bytes.count
}

func archiveSkipCallback(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?, request: la_int64_t
) -> la_int64_t {
    source(context)?.skip(request) ?? 0
}

func archiveSeekCallback(
    _: OpaquePointer?, context: UnsafeMutableRawPointer?, offset: la_int64_t, whence: CInt
) -> la_int64_t {
    source(context)?.seek(offset, whence: whence) ?? la_int64_t(ARCHIVE_FATAL)
}
