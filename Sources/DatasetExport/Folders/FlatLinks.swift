internal import DatasetManifest
internal import Disk

/// All images of class folders in one folder, by hard links.
enum FlatLinks {
    /// - Parameters:
    ///   - isPrefixed: whether names get their class in front, as for validation images.
    ///   - replaces: whether links of an earlier run may be there.
    ///   - fallsBack: whether links are symbolic where hard links are impossible.
    ///   - classes: the chosen ones; nil for all.
    /// - Returns: the number of files.
    /// - Throws: `.exists` if two classes have files of the same name.
    static func make(
        of tree: ImageJobs.Tree, in flat: ImageJobs.Tree, isPrefixed: Bool, replaces: Bool,
        fallsBack: Bool, classes chosen: ClassSelection? = nil, threads: Int,
        step: @escaping @Sendable (Int) throws -> Void
    ) throws -> Int {
        let classes = try tree.value.entries().filter { entry in
            entry.kind == .folder && (chosen?.contains(folder: entry.name) ?? true)
        }.map(\.name)
        let total = Monitor(0)
        try Workers.forEach(classes.count, threads: threads) { number in
            let holder = try tree.value.folder(classes[number])
            let names = try holder.entries().filter { $0.kind == .file }.map(\.name)
            for name in names {
                let newName =
                    isPrefixed
                    ? Path(bytes: classes[number].bytes + [UInt8(ascii: "_")] + name.bytes) : name
                try link(
                    name, in: holder, as: newName, in: flat.value, replaces: replaces,
                    fallsBack: fallsBack)
            }
            total.update { $0 += names.count }
            try step(names.count)
        }
        return total.read { $0 }
    }

    private static func link(
        _ name: Path, in holder: borrowing Folder, as newName: Path, in flat: borrowing Folder,
        replaces: Bool, fallsBack: Bool
    ) throws {
        do throws(DiskError) {
            try holder.link(name, into: flat, as: newName)
        } catch {
            switch error.code {
            case .exists where replaces:
                try flat.remove(newName)
                try holder.link(name, into: flat, as: newName)
            case .crossDevice where fallsBack, .unsupported where fallsBack,
                .denied where fallsBack:
                // Another file system, or one without hard links.
                let target = try holder.path.appending(name).resolved()
                try flat.makeSymbolicLink(newName, to: target)
            default: throw error
            }
        }
    }
}
