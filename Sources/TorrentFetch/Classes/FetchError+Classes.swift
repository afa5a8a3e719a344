internal import DatasetManifest
internal import Disk

extension FetchError.Code {
    /// The archive does not have a class that was asked for.
    public static let noClasses = FetchError.Code(name: "noClasses")
}

extension FetchError {
    static func noClasses(_ file: ManifestFile, _ missing: [WNID]) -> FetchError {
        let shown = missing.prefix(3).map(\.description).joined(separator: ", ")
        let more = missing.count > 3 ? " and \(missing.count - 3) more" : ""
        return FetchError(
            .noClasses,
            "\(escaped(file.name)) has no class \(shown)\(more)",
            hint: "\(run: .labels) prints the classes of the data set")
    }

    /// The chain of headers ends where none may end.
    static func noHeader(_ file: ManifestFile, at offset: Int64) -> FetchError {
        FetchError(
            .mismatch,
            "cannot find the classes of \(escaped(file.name)): there is no tar header at byte "
                + "\(offset), although its piece is verified",
            hint: "is it an archive of class tars?")
    }

    static func noPieceHashes(_ file: ManifestFile) -> FetchError {
        FetchError(
            .noPieces,
            "cannot download single classes of \(escaped(file.name)): nobody has its piece hashes",
            hint: "name the folder of its .torrent with \(.torrentFolder), or download all of it")
    }
}
