internal import Disk

/// All images of class folders in one folder, by hard links: the same files under second names.
enum FlatLinks {
    /// Links every file of the class folders of `tree` into `flat`.
    ///
    /// - Parameters:
    ///   - isPrefixed: names get their class in front, as those of validation images do.
    ///   - replaces: what an earlier run has linked may be there.
    ///   - fallsBack: links are symbolic where hard ones cannot be made.
    /// - Returns: how many files there are now.
    /// - Throws: `.exists` where two classes have a file of one name.
    static func make(
        of tree: ImageJobs.Tree, in flat: ImageJobs.Tree, isPrefixed: Bool, replaces: Bool,
        fallsBack: Bool, threads: Int, step: @escaping @Sendable (Int) throws -> Void
    ) throws -> Int {
        let classes = try tree.value.entries().filter { $0.kind == .folder }.map(\.name)
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
                // Another file system, or one that has no hard links.
                let target = try holder.path.appending(name).resolved()
                try flat.makeSymbolicLink(newName, to: target)
            default: throw error
            }
        }
    }
}
