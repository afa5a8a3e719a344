internal import Checksums
internal import Disk

extension Manifest {
    /// What is allowed but weak in this manifest, in sentences for its author.
    public func check() -> [String] {
        var warnings: [String] = []
        if files.isEmpty { warnings.append("there are no files") }
        let names = Set(files.map(\.name))
        for file in files {
            warnings += file.warnings(names: names).map { "\(escaped(file.name)): \($0)" }
        }
        return warnings
    }
}

extension ManifestFile {
    fileprivate func warnings(names: Set<String>) -> [String] {
        var warnings: [String] = []
        if !isPinned {
            warnings.append(
                "neither a digest nor a torrent: it is fetched only when unverified files are allowed, "
                    + "and its first copy pins it")
        } else if torrent == nil && !digests.contains(where: { $0.algorithm.isAuthentic }) {
            warnings.append(
                "XXH64 alone finds accidental damage, but not forgery: add a SHA-256")
        }
        switch source {
        case .mirrors:
            if torrent == nil && mirrors.isEmpty {
                warnings.append(
                    "neither a torrent nor a mirror: whoever fetches it must name a mirror")
            }
        case .manual(how: nil):
            warnings.append("must be downloaded by hand, but \"how\" is missing")
        case .manual: break
        case .superseded(by: nil):
            warnings.append("superseded, but \"by\" is missing")
        case .superseded(let by?):
            if !names.contains(by) {
                warnings.append("superseded by \(escaped(by)), which is not in this manifest")
            }
        }
        if size == nil {
            warnings.append(
                sizeAbout == nil
                    ? "no size: it must be looked up before a download can be planned"
                    : "only a rounded size: plans can only say \"about\"")
        }
        if pieces != nil, BuiltIn.pieces(of: self) == nil {
            warnings.append(
                "its piece hashes are not built into this program: \"pieces\" has no effect")
        }
        for mirror in mirrors where mirror.lowercased().hasPrefix("http://") {
            warnings.append("the mirror \(escaped(mirror)) is not encrypted")
        }
        return warnings
    }
}
