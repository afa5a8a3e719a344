internal import DatasetManifest
internal import Disk

/// Command lines for the shell that repair one split, where only one repair makes sense.
///
/// They overwrite nothing, and remove only what no loader and no person misses. A repair that would
/// not work is not offered.
struct Mending {
    typealias Word = Remedy.ShellWord

    /// A longer line is no help.
    static let most = 12
    /// Backups of an editor, or the other half of files from a Mac.
    private static let waste: [Path] = [".ipynb_checkpoints", ".AppleDouble"]

    let tree: SplitTree

    private var root: Path { tree.root.path }

    // MARK: Away from the split

    /// Takes folders away from the class folders: those of another split up, others aside.
    func moveOut(_ folders: [FolderTally]) -> Remedy? {
        guard folders.allSatisfy({ !$0.isLink }) else { return nil }
        let (empty, full) = (folders.filter(\.isBare), folders.filter { !$0.isBare })
        let splits = full.filter { holdsSplit($0) }
        let others = full.filter { !holdsSplit($0) }
        var commands = [Self.command("rmdir", empty.map(\.path))]
        if !splits.isEmpty {
            guard let above, Self.isFree(splits.map(\.name), in: above) else { return nil }
            commands.append(
                Self.command("mv -n", splits.map(\.path)) + [Self.inside(above)])
        }
        return away(others.map(\.path), commands, count: folders.count)
    }

    /// Whether it has folders or images of another split, not of a class.
    private func holdsSplit(_ folder: FolderTally) -> Bool {
        WNID(bytes: folder.name.bytes) == nil
            && (folder.images > 0 || folder.children.contains { tree.folders[$0].images > 0 })
    }

    /// Takes hidden folders away from the class folders.
    func moveOutHidden() -> Remedy? {
        let hidden = tree.root.hiddenFolders
        guard hidden.paths.count == hidden.count else { return nil }
        let waste = hidden.paths.filter { Self.waste.contains($0.lastComponent) }
        return away(
            hidden.paths.filter { !waste.contains($0) }, [Self.command("rm -r", waste)],
            count: hidden.count)
    }

    /// Takes files away from the images.
    func moveOut(_ files: Sightings) -> Remedy? {
        files.paths.count == files.count ? away(files.paths, [], count: files.count) : nil
    }

    /// - Parameter commands: come first; those without a path are left out.
    private func away(_ moved: [Path], _ commands: [[Word]], count: Int) -> Remedy? {
        guard (1...Self.most).contains(count) else { return nil }
        var commands = commands.filter { $0.count > 1 }
        if !moved.isEmpty {
            guard let aside, Self.isFree(moved.map(\.lastComponent), in: aside) else { return nil }
            commands.append([.plain("mkdir -p"), .path(aside)])
            commands.append(Self.command("mv -n", moved) + [Self.inside(aside)])
        }
        return "take away what does not belong there: \(shell: Self.all(commands))"
    }

    /// Puts the tars of classes, which were left beside their folders, aside.
    func moveTars() -> Remedy? {
        guard tree.root.archives.count == tree.root.classTars, tree.root.classTars > 0,
            tree.split.classes.allSatisfy({ $0.images > 0 }),
            tree.imageFolders.allSatisfy({ $0.archives.count == 0 }), let aside
        else { return nil }
        let commands: [[Word]] = [
            [.plain("mkdir -p"), .path(aside)],
            [.plain("mv -n"), .path(root, then: "/n*.tar"), Self.inside(aside)],
        ]
        return "their classes are unpacked; put them aside: \(shell: Self.all(commands))"
    }

    /// Removes what a Mac has left beside each image.
    func removeAppleDoubles() -> Remedy? {
        let files = tree.imageFolders
        guard files.allSatisfy({ $0.hiddenImages.count == $0.appleDoubles && !$0.isLink }) else {
            return nil
        }
        let words: [Word] = [
            .plain("find -H"), .path(root), .plain("-name '._*' -type f -delete"),
        ]
        return "macOS made them, and they hold no images: \(shell: words)"
    }

    // MARK: To another class

    /// Moves training images to the class that their names say.
    func moveTrain(_ misplaced: [(wnid: WNID, folder: Path)]) -> Remedy? {
        var commands: [[Word]] = []
        guard misplaced.count <= Sightings.most else { return nil }
        for (wnid, folder) in misplaced {
            guard let home = home(of: wnid), let names = try? Folder(folder).entries() else {
                return nil
            }
            let prefix = Array("\(wnid)_".utf8)
            let own = names.map(\.name).filter { $0.bytes.starts(with: prefix) }
            guard Self.isFree(own, in: home) else { return nil }
            commands.append([
                .plain("mv -n"), .path(folder, then: "/\(wnid)_*"), Self.inside(home),
            ])
        }
        return "move them to their classes: \(shell: Self.all(commands))"
    }

    /// Moves validation images to the class that the labels say.
    func moveVal(_ misplaced: [(number: Int, from: WNID, to: WNID)]) -> Remedy? {
        guard misplaced.count <= Sightings.most, !tree.isFlat else { return nil }
        var commands: [[Word]] = []
        for image in misplaced {
            let digits = String(image.number)
            let zeros = String(repeating: "0", count: max(0, 8 - digits.utf8.count))
            let name = Path("ILSVRC2012_val_\(zeros)\(digits).JPEG")
            guard let from = home(of: image.from), let to = home(of: image.to),
                !Self.isFree([name], in: from), Self.isFree([name], in: to)
            else { return nil }
            commands.append([.plain("mv -n"), .path(from.appending(name)), Self.inside(to)])
        }
        return "move them to their classes: \(shell: Self.all(commands))"
    }

    private func home(of wnid: WNID) -> Path? {
        tree.split.classes.first { $0.wnid == wnid }?.folders.first.map { tree.folders[$0].path }
    }

    // MARK: Up from a folder of the same name

    /// `n01440764/n01440764/…`, as some unpackers make them.
    func moveUp(_ nested: [SplitFolder.Class]) -> Remedy? {
        guard nested.allSatisfy(isDoubled) else { return nil }
        if nested.count == tree.split.classes.count, nested.count > Sightings.most {
            let words: [Word] = [
                .plain("for d in"), .path(root, then: "/n*;"),
                .plain("do mv -n \"$d/${d##*/}\"/* \"$d\" && rmdir \"$d/${d##*/}\"; done"),
            ]
            return "move them up: \(shell: words)"
        }
        guard nested.count <= Sightings.most else { return nil }
        let commands: [[Word]] = nested.flatMap { item in
            let outer = tree.folders[item.folders[0]].path
            let inner = outer.appending(item.name)
            return [
                [.plain("mv -n"), .path(inner, then: "/*"), Self.inside(outer)],
                [.plain("rmdir"), .path(inner)],
            ]
        }
        return "move them up: \(shell: Self.all(commands))"
    }

    private func isDoubled(_ item: SplitFolder.Class) -> Bool {
        guard item.folders.count == 2 else { return false }
        let (outer, inner) = (tree.folders[item.folders[0]], tree.folders[item.folders[1]])
        return inner.name == outer.name && outer.holdsOnlyFolders && !inner.isLink
            && item.wnid != nil && inner.hidden.count == 0 && inner.hiddenFolders.count == 0
    }

    /// `train/train/n01440764/…`: the folder above holds nothing else.
    func raise() -> Remedy? {
        guard let outer = tree.root.parent.map({ tree.folders[$0] }), outer.children.count == 1,
            outer.name == tree.root.name, outer.holdsOnlyFolders, !tree.root.isLink, !outer.isLink
        else { return nil }
        let aside = outer.path.appendingSuffix(".new")
        guard Self.isFree([aside.lastComponent], in: outer.path.parent) else { return nil }
        let commands: [[Word]] = [
            [.plain("mv"), .path(root), .path(aside)], [.plain("rmdir"), .path(outer.path)],
            [.plain("mv"), .path(aside), .path(outer.path)],
        ]
        return "move it up: \(shell: Self.all(commands))"
    }

    // MARK: Words

    private static func command(_ name: String, _ paths: [Path]) -> [Word] {
        let sorted = paths.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return [.plain(name)] + sorted.map { .path($0) }
    }

    private static func all(_ commands: [[Word]]) -> [Word] {
        Array(commands.joined(separator: [.plain("&&")]))
    }

    private static func inside(_ folder: Path) -> Word {
        .path(folder, then: folder.bytes.last == UInt8(ascii: "/") ? "" : "/")
    }

    /// The folder above the split; nil where there is none, or it has class folders itself.
    private var above: Path? {
        if let parent = tree.root.parent {
            let names = tree.folders[parent].children.map { tree.folders[$0].name }
            if names.contains(where: { WNID(bytes: $0.bytes) != nil }) { return nil }
        }
        if root.isAbsolute, root.components.isEmpty { return nil }
        let last = root.lastComponent
        return last == "." || last == ".." ? root.appending("..") : root.parent
    }

    /// A folder for what was among the images: beside the checked tree, so that it is not checked.
    private var aside: Path? {
        let checked = tree.folders[0].path
        let isNamed = checked.components.last.map { $0 != "." && $0 != ".." } ?? false
        guard let named = isNamed ? checked : try? checked.resolved(), named.parent != named else {
            return nil
        }
        let place = named.appendingSuffix(".aside")
        return tree.split.root == 0 ? place : place.appending(tree.root.name)
    }

    /// Whether nothing has one of these names there, and no two are the same.
    private static func isFree(_ names: [Path], in place: Path) -> Bool {
        guard Set(names).count == names.count else { return false }
        do {
            guard let folder = try ifPresent(Folder(place)) else { return true }
            for name in names where try folder.status(name) != nil { return false }
            return true
        } catch {
            return false
        }
    }
}

extension FolderTally {
    /// Whether `rmdir` removes it.
    fileprivate var isBare: Bool {
        isEmpty && hidden.count == 0 && hiddenFolders.count == 0 && dangling.count == 0
    }

    /// Whether it holds folders and no files, so that it is bare once they are gone.
    fileprivate var holdsOnlyFolders: Bool {
        var rest = self
        rest.children = []
        return !children.isEmpty && rest.isBare
    }
}
