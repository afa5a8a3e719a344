internal import DatasetManifest
internal import Disk

extension FetchError.Code {
    public static let noMember = FetchError.Code(name: "noMember")
    /// A member that is no plain file.
    public static let unsafeMember = FetchError.Code(name: "unsafeMember")
}

extension FetchError {
    static func noMember(_ member: MemberName, in file: ManifestFile) -> FetchError {
        FetchError(
            .noMember, "\(escaped(file.name)) has no member \(member)",
            hint: "names are those of the archive, that of the class's tar in front: "
                + "n01440764.tar/n01440764_10026.JPEG")
    }

    static func unsafeMember(_ name: Path, in archive: Path) -> FetchError {
        FetchError(.unsafeMember, "refused \(name) in \(archive): it is not a plain file")
    }

    static func unverifiedMember(_ member: MemberName, in file: ManifestFile) -> FetchError {
        FetchError(
            .unverified,
            "refused \(member): no piece hashes of \(escaped(file.name)) are known, so a part of it "
                + "cannot be verified",
            hint: "\(.allowUnverified) takes it on trust; the whole archive can be verified: "
                + "\(run: .fetch, .only(file.name))")
    }

    static func foreignMember(_ path: Path, _ member: MemberName) -> FetchError {
        FetchError(
            .foreign, "refused to replace \(path): its bytes are not those of \(member)",
            hint: "move it away, and run the same command again")
    }
}
