public import Disk

extension DataFolder {
    /// Whether a file that a person has named is one that this folder keeps: an archive by whatever
    /// name, one that is growing, or anything in the state folder. Whatever else would be written
    /// there has its place elsewhere.
    ///
    /// - Parameter names: the files of the data sets.
    public func keeps(_ path: Path, of names: [String]) -> Bool {
        let (parent, name) = (Self.real(path.parent), path.lastComponent)
        if parent.components.starts(with: Self.real(state).components) { return true }
        let kept = names.flatMap { [Path($0), Self.stagingName($0), Self.aria2Name($0)] }
        if parent == Self.real(folder(.archives)), kept.contains(name) { return true }
        // The same file by another name. What cannot be looked at cannot be written either.
        guard let folder = try? Folder(path.parent),
            (try? folder.status(name))?.kind == .file,
            let there = try? folder.file(name, .readingNoLink).identity()
        else { return false }
        return names.contains { known in
            guard let found = try? look(for: known) else { return false }
            return [found.final, found.staging].contains { copy in
                copy?.identity.isSameFile(as: there) == true
            }
        }
    }

    /// The path without links in it, as far as it leads anywhere yet.
    private static func real(_ path: Path) -> Path {
        if let real = try? path.resolved() { return real }
        return path.parent == path ? path : real(path.parent).appending(path.lastComponent)
    }
}
