public import DatasetManifest
public import Disk

extension FetchError.Code {
    /// No receipt says that this file is right.
    public static let notVerified = FetchError.Code(name: "notVerified")
    /// It may be right, but there is nothing to seed.
    public static let notSeedable = FetchError.Code(name: "notSeedable")
}

extension FetchError {
    public static func nothingToSeed(in place: Path) -> FetchError {
        FetchError(
            .notSeedable, "nothing to seed: there is no verified archive in \(place)",
            hint: "\(run: .fetch) downloads the archives")
    }

    public static func seedMissing(_ file: ManifestFile) -> FetchError {
        FetchError(
            .notSeedable, "cannot seed \(escaped(file.name)): it is missing",
            hint: "\(run: .fetch, .only(file.name)) downloads it")
    }

    static func noSeedTorrent(_ file: ManifestFile) -> FetchError {
        FetchError(
            .notSeedable, "cannot seed \(escaped(file.name)): there is no .torrent file for it",
            hint: "add it with \(run: .torrentAdd)")
    }

    static func unverifiedSeed(_ file: ManifestFile, _ path: Path) -> FetchError {
        FetchError(
            .notVerified, "cannot seed \(escaped(file.name)): it has not been verified",
            hint: "\(run: .verify, .path(path)) reads it once; then it can be seeded")
    }

    static func changedSeed(_ file: ManifestFile, _ path: Path) -> FetchError {
        FetchError(
            .notVerified,
            "cannot seed \(escaped(file.name)): it has changed since it was verified",
            hint: "\(run: .verify, .path(path)) says whether it is still right")
    }

    static func damagedSeed(_ file: ManifestFile, _ path: Path) -> FetchError {
        FetchError(
            .notVerified, "cannot seed \(escaped(file.name)): it was found damaged",
            hint: "\(run: .repair, .path(path)) downloads only the damaged pieces")
    }

    static func unknownHalf(_ file: ManifestFile) -> FetchError {
        FetchError(
            .notVerified,
            "cannot seed \(escaped(file.name)): nothing is known of its unfinished download",
            hint: "\(run: .fetch, .only(file.name)) continues it")
    }

    static func emptyHalf(_ file: ManifestFile) -> FetchError {
        FetchError(
            .notSeedable,
            "cannot seed \(escaped(file.name)): no piece of it has been downloaded yet",
            hint: "\(run: .fetch, .only(file.name)) continues the download")
    }

    static func wrongPiece(
        _ piece: Int, _ range: Range<Int64>, of file: ManifestFile, _ path: Path
    ) -> FetchError {
        FetchError(
            .mismatch, wrongPiece(piece, range, of: file),
            hint: "\(run: .repair, .path(path)) downloads only the damaged pieces")
    }

    static func wrongPieceOfHalf(
        _ piece: Int, _ range: Range<Int64>, of file: ManifestFile
    ) -> FetchError {
        FetchError(
            .mismatch, wrongPiece(piece, range, of: file),
            hint: "\(run: .fetch, .only(file.name)) downloads the piece again")
    }

    private static func wrongPiece(
        _ piece: Int, _ range: Range<Int64>, of file: ManifestFile
    ) -> String {
        "\(escaped(file.name)) is damaged: piece \(piece) (bytes \(range.lowerBound) to "
            + "\(range.upperBound - 1)) is wrong; the file is no longer seeded"
    }
}
