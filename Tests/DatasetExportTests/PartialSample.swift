import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import DatasetExport

extension TemporaryFolder {
    /// A copy of an archive of which only the pieces of some class tars are there, with the journal of
    /// a download that has ended.
    ///
    /// - Parameter pin: what the pieces were checked against.
    func partial(
        of archive: Path, _ classes: ClassSelection, in name: String = "partial",
        pin: String = String(repeating: "ab", count: 20)
    ) throws -> PartialFile {
        let whole = try FileDescriptor(archive, .reading).contents(limit: 1 << 30)
        let tars = try ClassTars(classes.wnids, in: archive)
        let length = 4096
        var pieces = PieceSet(count: (whole.count + length - 1) / length)
        for tar in tars.found {
            let range = tar.range
            for piece in Int(range.lowerBound) / length...Int(range.upperBound - 1) / length {
                pieces[piece] = true
            }
        }
        var bytes = [UInt8](repeating: 0, count: whole.count)
        for piece in 0..<pieces.count where pieces[piece] {
            let range = piece * length..<min((piece + 1) * length, whole.count)
            bytes.replaceSubrange(range, with: whole[range])
        }
        let data = DataFolder(self[name])
        let fileName = archive.lastComponent.description
        try write(bytes, to: "\(name)/tar/\(fileName).part")
        let path = data.staging(fileName)
        let journal = Journal(
            fileName: fileName, size: Int64(whole.count), pieceLength: Int64(length),
            pieces: pieces, pin: pin,
            identity: try FileDescriptor(path, .reading).identity(), isClean: true, frontier: 0,
            states: [:])
        try data.journals().save(journal, .synced)
        return try #require(try PartialFile(path, in: data))
    }
}
