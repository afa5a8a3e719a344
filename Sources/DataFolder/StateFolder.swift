public import Disk

extension DataFolder {
    /// Opens a folder of the state for writing, and creates it if it is missing.
    ///
    /// The state folder beside archives is ours alone, and the user has not named it: a link in its place,
    /// or in that of `tar/`, would make us write elsewhere, and is refused. A state folder that the user
    /// has named may be a link.
    public static func creatingState(_ path: Path) throws(DiskError) -> Folder {
        var (base, inner) = (path, Path(""))
        while base.lastComponent != Path(stateName) {
            // "." and "/" are their own parents.
            if base.parent == base { return try Folder.creating(path) }
            inner = base.lastComponent.appending(inner)
            base = base.parent
        }
        let isUsual = base.parent.lastComponent == Path(Kind.archives.rawValue)
        let folder =
            isUsual
            ? try Folder.own(base.parent, creating: true) : try Folder.creating(base.parent)
        let own = Path(stateName).appending(inner)
        if let there = try ifPresent(folder.folder(own)) { return there }
        return try folder.folder(own, creating: true)
    }

    /// The same for a folder inside the state folder: a link in its place is always refused.
    public static func creating(inState path: Path) throws(DiskError) -> Folder {
        _ = try creatingState(path.parent)
        return try Folder.own(path, creating: true)
    }
}
