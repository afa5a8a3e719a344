internal import CArchive
internal import Disk
internal import Glibc

/// How libarchive is opened, and what it says when it fails.
extension ArchiveReader {
    /// Names in a zip need another locale.
    static func startsAsZip(_ file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        let start = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
        defer { start.deallocate() }
        let count = try file.readUpTo(start, at: 0)
        return ArchiveKind.isZip(UnsafeRawBufferPointer(rebasing: start[..<count]))
    }

    static func open(
        _ source: ArchiveSource, _ locale: NameLocale, unpacking: Bool
    ) throws(ArchiveError) -> OpaquePointer {
        guard let raw = archive_read_new() else { throw .outOfMemory }
        do throws(ArchiveError) {
            try enableFormats(raw, unpacking: unpacking)
            let context = Unmanaged.passUnretained(source).toOpaque()
            let results = [
                archive_read_set_read_callback(raw, archiveReadCallback),
                archive_read_set_skip_callback(raw, archiveSkipCallback),
                archive_read_set_seek_callback(raw, archiveSeekCallback),
                archive_read_set_callback_data(raw, context),
                locale { archive_read_open1(raw) },
            ]
            if results.contains(where: { $0 < ARCHIVE_WARN }) { throw failure(raw, source) }
            return raw
        } catch {
            archive_read_free(raw)
            throw error
        }
    }

    private static func enableFormats(
        _ raw: OpaquePointer, unpacking: Bool
    ) throws(ArchiveError) {
        // By name, never "all": raw and mtree take anything for an archive. A warning from a filter
        // means that it would run a program.
        let formats =
            unpacking
            ? [("compressed files", archive_read_support_format_raw(raw))]
            : [
                ("tar archives", archive_read_support_format_tar(raw)),
                ("zip archives", archive_read_support_format_zip(raw)),
            ]
        let filters = [
            ("gzip", archive_read_support_filter_gzip(raw)),
            ("bzip2", archive_read_support_filter_bzip2(raw)),
            ("xz", archive_read_support_filter_xz(raw)),
            ("zstd", archive_read_support_filter_zstd(raw)),
        ]
        for (what, code) in formats + filters where code != ARCHIVE_OK { throw .unsupported(what) }
    }

    // MARK: Errors

    /// What went wrong last, read at once, before another call overwrites it.
    static func failure(_ raw: OpaquePointer, _ source: ArchiveSource) -> ArchiveError {
        if let failure = source.failure { return .disk(failure) }
        if archive_errno(raw) == ENOMEM { return .outOfMemory }
        // Until a format is known, only a compressed stream that breaks off is damage.
        if archive_format(raw) == 0, archive_filter_code(raw, 0) == ARCHIVE_FILTER_NONE {
            return .notAnArchive(source.path)
        }
        return damage(raw, source, reason(raw))
    }

    static func damage(_ raw: OpaquePointer, _ source: ArchiveSource, _ reason: String)
        -> ArchiveError
    {
        .damaged(source.path, at: max(0, archive_filter_bytes(raw, -1)), reason)
    }

    static func reason(_ raw: OpaquePointer) -> String {
        guard let text = archive_error_string(raw) else {
            // Of a gzip whose last bytes are lost nothing is said.
            let code = archive_errno(raw)
            return code == 0 ? "it ends too early" : "error \(code)"
        }
        return escaped(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
