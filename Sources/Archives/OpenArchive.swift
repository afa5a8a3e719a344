internal import Disk

/// An archive by the way in which it is read. All readers open archives here, so that they agree.
enum OpenArchive {
    /// A tar that is not compressed.
    case tar(FileInput)
    /// A compressed tar.
    case compressedTar(StreamInput)
    case zip(ZipReader)
    /// Its beginning is not readable yet.
    case unknown

    /// - Parameter readsData: whether most members' data will be read too.
    /// - Throws: `.notAnArchive` for anything else, `.disk`.
    init(
        _ file: consuming FileDescriptor, _ readable: ReadableRanges = .all, readsData: Bool
    ) throws(ArchiveError) {
        let path = file.path
        switch try ArchiveKind(of: file, readable) {
        case .tar: self = .tar(try FileInput(file))
        case .perhapsTar(let otherwise):
            let input = try FileInput(file)
            guard TarCursor.isFound(in: input, 0..<input.end, readable) else { throw otherwise }
            self = .tar(input)
        case .compressed:
            let input = StreamInput(try Decompressor(file))
            guard try TarCursor.begins(input, 0..<input.end, .all) else {
                throw .noTarInside(path)
            }
            self = .compressedTar(input)
        case .zip: self = .zip(try ZipReader(file, readsData: readsData))
        case .unknown: self = .unknown
        }
    }
}
