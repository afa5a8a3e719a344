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
            .unsafeArchive,
            "refused to unpack \(archive) because of its member \"\(name)\": \(reason)",
            hint: "nothing was unpacked; verify it, and do not trust its source")
    }

    static func noTreeName(_ archive: Path) -> ExportError {
        ExportError(
            .badOption,
            "refused to unpack \(archive): the tree would have a hidden name, or none",
            hint: "rename the archive")
    }

    static func changedMeanwhile(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) changed while it was being read",
            hint: "run the same command again once nothing writes to it")
    }

    static func cutArchive(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) is cut off: it has no end mark",
            hint: "verify it, and download it again if it is damaged")
    }

    /// Judges the end of an archive that was read without damage.
    static func judgeEnd(of archive: Path, isEmpty: Bool, hasEndMark: Bool) throws(ExportError) {
        if isEmpty { throw noMembers(archive) }
        if !hasEndMark { throw cutArchive(archive) }
    }

    static func noMembers(_ archive: Path) -> ExportError {
        ExportError(
            .badInput, "\(archive) is empty: there is nothing to unpack",
            hint: "verify it, and download it again if it is damaged")
    }

    static func cutClassTar(_ tar: Path, in archive: Path) -> ExportError {
        ExportError(
            .badInput,
            "\(archive) is incomplete: \(tar) in it has no end mark, so it may be cut off",
            hint: "verify it, and download it again if it is damaged; if the manifest "
                + "gives the number of images, that number decides")
    }

    static func otherCount(_ archive: Path, _ count: Int, _ expected: Int) -> ExportError {
        ExportError(
            .badInput, "\(archive) is incomplete: it has \(count) images instead of \(expected)",
            hint:
                "verify it, and download it again if it is damaged; for another data set, name its manifest"
        )
    }

    // MARK: Trees

    static func miscounted(_ folder: Path, _ files: Int, expected: Int) -> ExportError {
        brokenOutput(
            folder, "it holds \(files) files instead of \(expected)",
            hint: "something else changed it; unpack again, with \(.force) if it is there already")
    }

    static func differs(_ file: Path, from archive: Path) -> ExportError {
        brokenOutput(
            file, "it is missing, or differs from \(archive.lastComponent)",
            hint: "unpack again with \(.force): the tree is replaced once the new one is complete")
    }

    static func lacking(_ tree: Path, _ reason: String) -> ExportError {
        brokenOutput(
            tree, reason,
            hint: "unpack again with \(.force): the tree is replaced once the new one is complete")
    }

    static func inTheWay(_ path: Path) -> ExportError {
        ExportError(
            .exists, "refused to overwrite \(path), which came from another archive",
            hint: "\(.force) replaces it; or choose another folder with \(.outputFolder)")
    }

    static func otherKind(_ path: Path, isFolder: Bool) -> ExportError {
        let (there, wanted) = isFolder ? ("a folder", "a file") : ("a file", "a folder")
        return ExportError(
            .exists,
            "refused to write \(path): \(there) is there, and the archive has \(wanted)",
            hint: "move it away and run the same command again; or choose another folder with "
                + "\(.outputFolder)")
    }
}
