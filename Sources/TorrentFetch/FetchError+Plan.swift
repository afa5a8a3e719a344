internal import Checksums
internal import DatasetManifest
internal import Disk

extension FetchError.Code {
    public static let noSpace = FetchError.Code(name: "noSpace")
    /// Nothing can verify the file, and the caller does not allow that.
    public static let unverified = FetchError.Code(name: "unverified")
    /// Two files of the data set need the same name.
    static let nameTaken = FetchError.Code(name: "nameTaken")
    public static let noSource = FetchError.Code(name: "noSource")
    public static let mismatch = FetchError.Code(name: "mismatch")
    /// Another file has its name and may be somebody's.
    public static let foreign = FetchError.Code(name: "foreign")
    /// No piece hashes are known, so damage cannot be located.
    public static let noPieces = FetchError.Code(name: "noPieces")
    public static let changed = FetchError.Code(name: "changed")
}

extension FetchError {
    /// - Parameter further: bytes that outputs made from the files need.
    static func noSpace(
        needed: Int64, further: Int64 = 0, reserve: Int64, free: Int64
    ) -> FetchError {
        let shortfall = clamped(clamped(needed, further), reserve) - free
        let made = further > 0 ? ", up to \(ByteCount.text(further, .up)) for the outputs" : ""
        let kept = reserve > 0 ? ", \(ByteCount.text(reserve, .up)) to keep free" : ""
        return FetchError(
            .noSpace,
            "not enough disk space: \(ByteCount.text(shortfall, .up)) more needed "
                + "(\(ByteCount.text(needed, .up)) to download\(made)\(kept); "
                + "\(ByteCount.text(free, .down)) are free)",
            hint:
                "make room, choose another disk with \(.dataFolder), or fewer files with \(.selection)"
        )
    }

    /// Another program has used space that was free when the fetch began.
    static func spaceGoes(reserve: Int64, free: Int64) -> FetchError {
        FetchError(
            .noSpace,
            "the disk is filling up: \(ByteCount.text(free, .down)) are free, but "
                + "\(ByteCount.text(reserve, .up)) must stay free",
            hint: "make room and run the same command again to continue")
    }

    static func noInodes(needed: Int64, free: Int64) -> FetchError {
        FetchError(
            .noSpace,
            "the disk can hold only \(free) more files, and \(needed) are needed",
            hint: "remove some small files there, or choose another disk with \(.dataFolder)")
    }

    static func unverified(_ file: ManifestFile) -> FetchError {
        FetchError(
            .unverified,
            "refused \(escaped(file.name)): the manifest has neither a digest nor a torrent for it, "
                + "so it cannot be verified",
            hint:
                "\(.allowUnverified) takes its first copy on trust and pins it"
        )
    }

    static func nameTaken(_ file: ManifestFile, by other: String) -> FetchError {
        FetchError(
            .nameTaken,
            "refused \(escaped(file.name)): while it is downloaded it needs the name of another file, "
                + escaped(other),
            hint: "fetch the two into different folders, with \(.dataFolder)")
    }

    static func noSource(_ file: ManifestFile, swarmIsOff: Bool) -> FetchError {
        let reason =
            file.torrent != nil && swarmIsOff
            ? "it has no mirror, and its torrent may not be used"
            : "the manifest has no mirror and no usable torrent for it"
        return FetchError(
            .noSource, "cannot fetch \(escaped(file.name)): \(reason)",
            hint: "name a mirror or a folder that has it with \(.mirror)")
    }

    /// - Parameters:
    ///   - sources: all that were asked.
    ///   - failure: the error of one of them.
    static func outOfReach(
        _ file: ManifestFile, _ sources: [String], _ failure: FetchError?
    ) -> FetchError {
        var seen: Set<String> = []
        let names = sources.filter { seen.insert($0).inserted }.joined(separator: ", ")
        let why = failure.map { " (\($0.reason))" } ?? ""
        return FetchError(
            .network,
            "cannot fetch \(escaped(file.name)): none of its sources can be reached: "
                + escaped(names) + why,
            hint: hint(for: .network))
    }

    static let swarmName = "the swarm"

    static func noTorrent(_ file: ManifestFile) -> FetchError {
        FetchError(
            .noSource,
            "cannot fetch \(escaped(file.name)): only its torrent can verify it, and there "
                + "is no .torrent file",
            hint:
                "add it with \(run: .torrentAdd), or ask peers for it, without \(.sources, "mirrors")"
        )
    }

    /// - Parameter found: the size of the wrong file in its place.
    static func onlyByHand(_ file: ManifestFile, _ how: String?, found: Int64?) -> FetchError {
        guard let found, let size = file.size else {
            return FetchError(
                .noSource, "cannot fetch \(escaped(file.name)): it must be downloaded by hand",
                hint: how.map { Remedy(escaped($0)) })
        }
        return FetchError(
            .mismatch,
            "\(escaped(file.name)) has \(found) bytes, not \(size), and it must be downloaded by hand",
            hint: how.map { Remedy(escaped($0)) })
    }

    /// A file that a person has put there and that is not the right one.
    static func wrongByHand(_ file: ManifestFile, _ how: String?) -> FetchError {
        FetchError(
            .mismatch,
            "\(escaped(file.name)) is not what the manifest says, and it must be downloaded by hand",
            hint: how.map { Remedy(escaped($0)) })
    }

    static func noPieces(_ file: ManifestFile) -> FetchError {
        FetchError(
            .noPieces,
            "cannot repair parts of \(escaped(file.name)): there are no piece hashes for it",
            hint:
                "\(run: .fetch, .only(file.name)) downloads it whole; move a file "
                + "that was never verified here away first")
    }

    /// A link with an archive's name must not trick anybody into overwriting another file.
    static func strangeLink(_ file: ManifestFile, to path: Path) -> FetchError {
        FetchError(
            .mismatch,
            "refused to repair \(escaped(file.name)): it is a symbolic link to \(path), and no piece "
                + "of that file is right",
            hint: "to repair that file, give it this name in place of the link")
    }

    /// None of it is right, so it may be a valuable file of somebody's.
    static func foreign(_ name: String, at path: Path, hasPieces: Bool = true) -> FetchError {
        let why =
            hasPieces
            ? "no piece of it is right" : "it is not what the manifest says, and was never verified"
        return FetchError(
            .foreign,
            "refused to replace \(path): \(why), so it may be somebody else's file",
            hint: "mv \(path) \(path).other, then \(run: .fetch, .only(name))")
    }

    static func repairedInACopy(_ path: Path) -> String {
        "\(path) has other names (hard links): it is copied first, and only the copy is changed"
    }

    static func changedMeanwhile(_ file: ManifestFile) -> FetchError {
        FetchError(
            .changed, "\(escaped(file.name)) changed while it was read",
            hint: "another program writes to it: run the same command again later")
    }

    /// The digests that differ in a complete file.
    ///
    /// - Parameter isPinned: false where `expected` comes from the file's first use.
    static func mismatch(
        _ name: String, expected: [Digest], actual: [Digest], isPinned: Bool = true
    ) -> FetchError {
        let wrong = expected.filter { !actual.contains($0) }
        let parts = wrong.map { digest in
            let found = actual.first { $0.algorithm == digest.algorithm }
            return "\(digest.algorithm.rawValue) is \(found?.hex ?? "unknown"), not \(digest.hex)"
        }
        return FetchError(
            .mismatch,
            "\(escaped(name)) is not what \(isPinned ? "the manifest says" : "it was at its first use"): "
                + parts.joined(separator: ", "),
            hint: isPinned
                ? nil
                : "if the file was replaced on purpose, remove its receipt and fetch it again")
    }

    static func webPage(_ name: String, from sources: [String]) -> FetchError {
        FetchError(
            .mirrorRefused,
            "refused \(escaped(name)): \(sources.joined(separator: ", ")) sent a web page instead",
            hint:
                "the server may want a login: see \(.netrc), \(.header) and \(.credentials)"
        )
    }

    /// A mismatch that one mirror alone has caused.
    func of(_ mirror: Mirror) -> FetchError {
        FetchError(
            code, "\(message); all of it came from \(mirror)",
            hint: "its copy is damaged or another file: name another source with \(.mirror)")
    }

    /// A mismatch where the bytes have several origins.
    var ofSeveralMirrors: FetchError {
        FetchError(
            code,
            "\(message); it came from several mirrors and is downloaded again from one",
            hint: hint)
    }

    private static func clamped(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
