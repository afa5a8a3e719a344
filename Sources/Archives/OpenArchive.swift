internal import Disk

/// An archive by the way in which it is read. Whatever reads archives opens them here, so that all
/// judge alike.
enum OpenArchive {
    /// A tar that lies in a file as it is.
    case tar(FileInput)
    /// One that is compressed.
    case compressedTar(StreamInput)
    case zip(ZipReader)
    /// Its beginning is not among what can be believed.
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
