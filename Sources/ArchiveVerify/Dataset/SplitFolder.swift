internal import DatasetManifest
internal import Disk

/// One split in a tree: a folder of class folders, or a folder of images.
struct SplitFolder {
    /// One class folder, with its subfolders.
    struct Class {
        let name: Path
        let wnid: WNID?
        /// Its name, if it is a number.
        let number: Int?
        /// Folders, this one first.
        let folders: [Int]
        let trainCount: Int
        let images: Int
    }

    enum Naming { case wnids, numbers, words }

    let root: Int
    var kind: DatasetReport.Split
    /// Nil for a flat folder.
    var naming: Naming?
    /// By name, which is the order of loaders.
    var classes: [Class] = []
    /// Folders beside the class folders that are not classes.
    var strayFolders: [Int] = []
    /// Whether the tree is like that of 2017 and Kaggle, where val is flat.
    var isChallengeTree = false
}

/// Finds the splits in a tree by the contents of its folders, not their names.
struct TreeLayout {
    private let folders: [FolderTally]
    /// Images in each folder and below it.
    private let below: [Int]
    private(set) var splits: [SplitFolder] = []
    /// Images that belong to no split.
    private(set) var unknown = Sightings()

    init(_ folders: [FolderTally]) {
        self.folders = folders
        var below = folders.map(\.images)
        for index in folders.indices.reversed() {
            if let parent = folders[index].parent { below[parent] += below[index] }
        }
        self.below = below
        if !folders.isEmpty { find(0) }
    }

    private mutating func find(_ index: Int) {
        let folder = folders[index]
        if let split = classFolders(of: index) {
            splits.append(split)
            // A folder among class folders may be another split.
            for stray in split.strayFolders { find(stray) }
            return
        }
        if folder.trainCount + folder.val.count + folder.test.count > 0 {
            splits.append(split(at: index))
        } else if folder.images > 0 {
            unknown.add(folder.otherImages.below(folder.path.description))
        }
        for child in folder.children { find(child) }
    }

    // MARK: Class folders

    private func classFolders(of index: Int) -> SplitFolder? {
        let children = folders[index].children
        var naming = SplitFolder.Naming.wnids
        var chosen = children.filter { wnid($0) != nil && isClass($0) }
        if chosen.isEmpty {
            naming = .numbers
            chosen = children.filter {
                number($0) != nil && (folders[$0].images > 0 || folders[$0].isEmpty)
            }
            if chosen.allSatisfy({ folders[$0].images == 0 }) { chosen = [] }
        }
        if chosen.isEmpty {
            naming = .words
            chosen = children.filter(isClassByContent)
            if chosen.count < 2 { chosen = [] }
        }
        if chosen.isEmpty { return nil }
        var split = split(at: index)
        split.naming = naming
        split.classes = chosen.map(classFolder)
        split.kind = kind(index, chosen)
        let taken = Set(chosen)
        split.strayFolders = children.filter { !taken.contains($0) }
        return split
    }

    /// Whether a folder named by a WNID is that class, even an empty one. Boxes have folders of the
    /// same names.
    private func isClass(_ index: Int) -> Bool {
        let folder = folders[index]
        return below[index] > 0
            || folder.boxes == 0 && folder.children.allSatisfy { folders[$0].isEmpty }
    }

    private func wnid(_ index: Int) -> WNID? { WNID(bytes: folders[index].name.bytes) }

    private func number(_ index: Int) -> Int? {
        let name = folders[index].name.bytes
        guard name.count <= 4 else { return nil }
        return name.withUnsafeBytes { ImageName.decimal($0) }.map(Int.init)
    }

    /// Training images of one class only: a folder named by the words of the class.
    private func isClassByContent(_ index: Int) -> Bool {
        let folder = folders[index]
        guard folder.trainCount > 0, folder.train.count == 1 else { return false }
        // A flat sample of one class is not a class folder.
        let name = folder.name.description.lowercased()
        return !["train", "val", "test", "flat"].contains { name.contains($0) }
    }

    private func classFolder(_ index: Int) -> SplitFolder.Class {
        let all = subtree(index)
        return SplitFolder.Class(
            name: folders[index].name, wnid: wnid(index), number: number(index), folders: all,
            trainCount: all.reduce(0) { $0 + folders[$1].trainCount }, images: below[index])
    }

    private func subtree(_ index: Int) -> [Int] {
        [index] + folders[index].children.flatMap(subtree)
    }

    // MARK: Which split

    private func split(at index: Int) -> SplitFolder {
        var split = SplitFolder(root: index, kind: kind(index, []))
        let components = folders[index].path.components
        split.isChallengeTree = components.contains("CLS-LOC")
        return split
    }

    /// By what most images are; without images, by the folder's name.
    private func kind(_ index: Int, _ classes: [Int]) -> DatasetReport.Split {
        let all = classes.isEmpty ? [index] : classes.flatMap(subtree)
        let train = all.reduce(0) { $0 + folders[$1].trainCount }
        let val = all.reduce(0) { $0 + folders[$1].val.count }
        let test = all.reduce(0) { $0 + folders[$1].test.count }
        let name = folders[index].name.description.lowercased()
        if train + val + test == 0 {
            return name.contains("val") ? .val : name.contains("test") ? .test : .train
        }
        return train >= max(val, test) ? .train : val >= test ? .val : .test
    }
}
