internal import Disk

/// Whether a split has folders that loaders take for classes, or leave out.
struct FolderCheck {
    let tree: SplitTree

    func run(_ findings: inout FindingList) {
        if !tree.isFlat { checkClassFolders(&findings) }
        var unreadable = Sightings()
        for folder in tree.imageFolders + (tree.isFlat ? [] : [tree.root]) {
            if let fault = folder.fault { unreadable.add(fault) }
        }
        findings.add(
            .unreadableFolders, unreadable, "folder could not be read", "folders could not be read")
    }

    private func checkClassFolders(_ findings: inout FindingList) {
        let effect = "every later class gets the wrong label"
        let root = tree.root
        let mending = Mending(tree: tree)
        let strays = Sightings(tree.split.strayFolders) { "\(tree.folders[$0].name)" }
        findings.add(
            .strayFolders, strays, "folder is not a class, but loaders take it for one: \(effect)",
            "folders are not classes, but loaders take them for classes: \(effect)",
            remedy: mending.moveOut(tree.split.strayFolders.map { tree.folders[$0] })
                ?? "move \(strays.examples.joined(separator: ", ")) out of \(root.path)")
        let hidden = root.hiddenFolders
        findings.add(
            .hiddenFolders, hidden, "hidden folder is taken for a class by loaders: \(effect)",
            "hidden folders are taken for classes by loaders: \(effect)",
            remedy: mending.moveOutHidden()
                ?? "remove \(hidden.examples.joined(separator: ", ")) from \(root.path)")
        // A folder that could not be read is reported as such.
        let empty = tree.split.classes.filter { item in
            item.images == 0 && item.folders.allSatisfy { tree.folders[$0].fault == nil }
        }
        findings.add(
            .emptyClasses, Sightings(empty) { "\($0.name)" }, "class folder has no images",
            "class folders have no images", remedy: tree.unpackAgain)
        let nested = tree.split.classes.filter { item in
            item.folders.dropFirst().contains { tree.folders[$0].images > 0 }
        }
        findings.add(
            .nestedFolders, Sightings(nested) { "\($0.name)" },
            "class folder has images in subfolders, where not all loaders look",
            "class folders have images in subfolders, where not all loaders look", isFault: false,
            remedy: mending.moveUp(nested))
        if let remedy = mending.raise() {
            findings.add(
                .nestedFolders, 1,
                "the class folders lie in a folder of the same name: loaders that are given the "
                    + "outer one find one class", isFault: false, remedy: remedy)
        }
        findings.add(
            .looseImages, Sightings(count: root.images),
            "image lies beside the class folders, where no loader finds it",
            "images lie beside the class folders, where no loader finds them",
            remedy: tree.unpackAgain)
    }
}

/// Whether a split has files that should not be there.
struct FileCheck {
    let tree: SplitTree

    func run(_ findings: inout FindingList) {
        findings.add(
            .emptyImages, sightings(\.empty), "image is empty", "images are empty",
            remedy: tree.unpackAgain)
        findings.add(
            .deadLinks, sightings(\.dangling), "link leads nowhere", "links lead nowhere")
        findings.add(
            .archivesLeft, sightings(\.archives, alsoIn: tree.root),
            "archive lies among the images", "archives lie among the images",
            remedy: Mending(tree: tree).moveTars() ?? "unpack them, or move them away")
        findings.add(
            .hiddenImages, sightings(\.hiddenImages),
            "hidden file has the name of an image, so loaders open it",
            "hidden files have the names of images, so loaders open them",
            remedy: Mending(tree: tree).removeAppleDoubles()
                ?? "remove those that you do not need: \(shell: Self.listHidden(in: tree.root))")
        findings.add(
            .foreignImages, sightings(foreign),
            "image is not one of the \(tree.split.kind.images)",
            "images do not belong to the \(tree.split.kind.images)",
            remedy: Mending(tree: tree).moveOut(sightings(foreign)) ?? "move them away")
        findings.add(
            .strayFiles, sightings(\.strays, alsoIn: tree.root),
            "other file lies among the images, where loaders ignore it",
            "other files lie among the images, where loaders ignore them", isFault: false)
    }

    private static func listHidden(in root: FolderTally) -> [Remedy.ShellWord] {
        [.plain("find -H"), .path(root.path), .plain("-name '.*' -type f")]
    }

    /// - Parameter root: counted too, though it holds no images of the split.
    private func sightings(
        _ some: (FolderTally) -> Sightings, alsoIn root: FolderTally? = nil
    ) -> Sightings {
        var result = Sightings()
        for folder in tree.imageFolders {
            result.add(some(folder).below(folder.name.description))
        }
        if let root, !tree.isFlat { result.add(some(root)) }
        return result
    }

    private func foreign(_ folder: FolderTally) -> Sightings {
        var result = folder.otherImages
        let own =
            switch tree.split.kind {
            case .train: folder.trainCount
            case .val: folder.val.count
            case .test: folder.test.count
            }
        let others = folder.trainCount + folder.val.count + folder.test.count - own
        result.add(others, as: "\(others) of other splits")
        return result
    }
}
