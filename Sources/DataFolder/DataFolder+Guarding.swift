public import Disk

extension DataFolder {
    /// Whether a file that the user has named belongs to this folder: an archive under any name, a
    /// growing one, or anything in the state folder. Such a file must not be overwritten.
    ///
    /// - Parameter names: the files of the data sets; those with a receipt always count.
    public func keeps(_ path: Path, of names: [String]) -> Bool {
        let names = names + ((try? receipts.list()) ?? []).map(\.fileName)
        let (parent, name) = (Self.real(path.parent), path.lastComponent)
        if parent.components.starts(with: Self.real(state).components) { return true }
        let kept = names.flatMap { [Path($0), Self.stagingName($0), Self.aria2Name($0)] }
        if parent == Self.real(folder(.archives)), kept.contains(name) { return true }
        // The same file by another name. A file that cannot be read cannot be written either.
        guard let folder = try? Folder(path.parent),
            (try? folder.status(name))?.kind == .file,
            let there = try? folder.file(name, .readingNoLink).identity()
        else { return false }
        guard let archives = try? Folder(self.folder(.archives)) else { return false }
        for known in kept {
            let copy = try? FoundFile.Copy(in: archives, known)
            if copy?.identity.isSameFile(as: there) == true { return true }
        }
        return false
    }

    /// The path with all links resolved in the part that exists.
    private static func real(_ path: Path) -> Path {
        if let real = try? path.resolved() { return real }
        return path.parent == path ? path : real(path.parent).appending(path.lastComponent)
    }
}
