internal import Disk

extension ExportError {
    // MARK: Archives

    static func refused(_ member: UnsafeRawBufferPointer, in archive: Path, _ reason: String)
        -> ExportError
    {
        refused(escaped(member.prefix(1000)), in: archive, reason)
    }

    static func refused(_ member: Path, in archive: Path, _ reason: String) -> ExportError {
        refused(escaped(member.bytes.prefix(1000)), in: archive, reason)
    }

    private static func refused(_ name: String, in archive: Path, _ reason: String)
        -> ExportError
    {
        ExportError(
            .unsafeArchive, "refused to unpack \(archive): of its member \"\(name)\", \(reason)",
            hint: "nothing of it was unpacked; verify it, and do not trust where it came from")
    }

    static func noTreeName(_ archive: Path) -> ExportError {
        ExportError(
            .badOption,
            "refused to unpack \(archive): its name gives the tree a hidden one, or none",
            hint: "give the archive another name")
    }

    static func changedMeanwhile(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) was changed while it was being read",
            hint: "run the same command again once it is at rest")
    }

    static func cutArchive(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) has no end mark: it was cut off between two members",
            hint: "verify it, and fetch it again if need be")
    }

    /// What is said of an archive that was read to its end without damage, however it is read.
    static func judgeEnd(of archive: Path, isEmpty: Bool, hasEndMark: Bool) throws(ExportError) {
        if isEmpty { throw noMembers(archive) }
        if !hasEndMark { throw cutArchive(archive) }
    }

    static func noMembers(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) has no members: there is nothing to unpack",
            hint: "verify it, and fetch it again if need be")
    }

    static func cutClassTar(_ tar: Path, in archive: Path) -> ExportError {
        ExportError(
            .badInput,
            "\(archive) is not whole: \(tar) in it has no end mark, as if cut off between two members",
            hint: "verify it, and fetch it again if need be; where a manifest says how many images "
                + "there are, that count decides")
    }

    static func otherCount(_ archive: Path, _ count: Int, _ expected: Int) -> ExportError {
        ExportError(
            .badInput, "\(archive) is not whole: it has \(count) images and not \(expected)",
            hint: "verify it, and fetch it again if need be; for another data set name its manifest"
        )
    }

    // MARK: Trees

    static func noRoomForTree(
        _ folder: Path, bytes: Int64, free: Int64, isExact: Bool
    ) -> ExportError {
        ExportError(
            .noSpace,
            "the tree does not fit into \(folder): it takes \(isExact ? "" : "at least ")\(bytes) "
                + "bytes more, \(gibibytes(bytes)), and \(free) are free",
            hint: "make room there, or name a folder on another disk with \(.outputFolder)")
    }

    static func noInodesForTree(_ folder: Path, files: Int64, free: Int64) -> ExportError {
        ExportError(
            .noSpace,
            "the tree does not fit into \(folder): it has \(files) files and folders, and the file "
                + "system has room for \(free) more",
            hint:
                "name a folder on another file system with \(.outputFolder), or make shards, which "
                + "are few files: see mds, tfrecord and webdataset")
    }

    static func miscounted(_ folder: Path, _ files: Int, expected: Int) -> ExportError {
        brokenOutput(
            folder, "it holds \(files) files, and the archive has \(expected) for it",
            hint: "somebody changed it meanwhile; unpack again, with \(.force) if it stands there")
    }

    static func differs(_ file: Path, from archive: Path) -> ExportError {
        brokenOutput(
            file, "it is not the same as in \(archive.lastComponent), or not there",
            hint: "unpack again with \(.force): the tree is replaced once the new one is whole")
    }

    static func lacking(_ tree: Path, _ reason: String) -> ExportError {
        brokenOutput(
            tree, reason,
            hint: "unpack again with \(.force): the tree is replaced once the new one is whole")
    }

    static func inTheWay(_ path: Path) -> ExportError {
        ExportError(
            .exists, "refused to write \(path): another file is there, of another archive",
            hint: "\(.force) replaces it; or name another folder with \(.outputFolder)")
    }

    static func otherKind(_ path: Path, isFolder: Bool) -> ExportError {
        let (there, wanted) = isFolder ? ("a folder", "a file") : ("no folder", "a folder")
        return ExportError(
            .exists,
            "refused to write \(path): \(there) is there, where the archive has \(wanted)",
            hint: "move it away, then the same command goes on; or name another folder with "
                + "\(.outputFolder)")
    }
}
