internal import DataFolder
public import DatasetManifest
public import Disk

/// What there is to link.
public struct LayoutSources: Sendable {
    /// Trees and folders of shards, by their names in a layout.
    private var folders: [String: Path]
    private let archives: [String: Path]
    private let labels: ClassLabels?

    private static let stems = [
        "train": "ILSVRC2012_img_train", "val": "ILSVRC2012_img_val",
        "train_flatten": "ILSVRC2012_img_train_flat", "val_flatten": "ILSVRC2012_img_val_flat",
        "bbox_train": "ILSVRC2012_bbox_train_v2", "bbox_val": "ILSVRC2012_bbox_val_v3",
    ]
    private static let tests = ["ILSVRC2012_img_test_v10102019", "ILSVRC2012_img_test"]
    private static let archiveNames = [
        "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_img_test.tar",
        "ILSVRC2012_devkit_t12.tar.gz",
    ]

    /// - Parameters:
    ///   - trees: folders of unpacked trees.
    ///   - archives: folders of archives.
    ///   - merged: folders of the merged test archive, which comes first.
    ///   - tfrecord: folders of TFRecord outputs.
    public init(
        trees: [Path], archives places: [Path], merged: [Path], tfrecord: [Path],
        labels: ClassLabels?
    ) {
        func first(_ candidates: [Path], _ isThere: (Path) -> Bool) -> Path? {
            candidates.first(where: isThere).map { (try? $0.resolved()) ?? $0 }
        }
        func isFolder(_ path: Path) -> Bool { (try? Folder(path)) != nil }
        func isFile(_ path: Path) -> Bool { (try? FileDescriptor(path, .reading)) != nil }
        var folders: [String: Path] = [:]
        for (name, stem) in Self.stems {
            folders[name] = first(trees.map { $0.appending(stem) }, isFolder)
        }
        folders["test"] = first(
            Self.tests.flatMap { stem in trees.map { $0.appending(stem) } }, isFolder)
        for (name, stem) in [("tfrecord_train", "train"), ("tfrecord_val", "val")] {
            folders[name] = first(
                tfrecord.map { $0.appending("ILSVRC2012_img_\(stem)") }, isFolder)
        }
        var archives: [String: Path] = [:]
        for name in Self.archiveNames {
            let holders = (name == TestPatch.outputName ? merged : []) + places
            archives[name] = first(holders.map { $0.appending(name) }, isFile)
        }
        self.folders = folders
        self.archives = archives
        self.labels = labels
    }

    /// The parts of a layout, and what is missing.
    ///
    /// - Parameter classes: the chosen ones; nil for all.
    /// - Throws: `.badInput` if a tree does not have them.
    func parts(of kind: Layout.Kind, _ classes: ClassSelection?) throws -> (
        there: [Layout.Part], missing: [(name: String, how: Remedy)]
    ) {
        guard let classes else { return parts(of: kind) }
        if kind == .tfds {
            throw ExportError.badOption("TFDS reads whole archives, so it cannot have some classes")
        }
        var fitting = self
        // Flat folders and shards of other classes cannot be linked.
        for name in ["train_flatten", "val_flatten", "tfrecord_train", "tfrecord_val"] {
            guard let path = folders[name] else { continue }
            if try Self.receipt(path)?.chosenClasses != classes.wnids {
                fitting.folders[name] = nil
            }
        }
        var (there, missing) = fitting.parts(of: kind)
        for (number, part) in there.enumerated() {
            switch part.content {
            case .link(let tree) where ["train", "val"].contains(part.name):
                let names = try folders(of: classes, in: tree, part.name)
                there[number] = Layout.Part(name: part.name, content: .classes(tree, names))
            case .flat(let tree, _): _ = try folders(of: classes, in: tree, part.name)
            case .file where part.name == Self.synsetsName:
                guard let labels else { continue }
                let bytes = LabelFiles.synsets(labels, classes)
                there[number] = Layout.Part(name: part.name, content: .file(bytes))
            default: continue
            }
        }
        return (there, missing)
    }

    private static let synsetsName = "synsets.txt"

    /// The class folders of chosen classes in a tree.
    private func folders(
        of classes: ClassSelection, in tree: Path, _ part: String
    ) throws -> [Path] {
        let folder = try Folder(tree)
        var found: [Path] = []
        var missing: [WNID] = []
        for wnid in classes.wnids {
            let kind = try folder.status(Path("\(wnid)"))?.kind
            if kind == .folder || kind == .link {
                found.append(Path("\(wnid)"))
            } else {
                missing.append(wnid)
            }
        }
        if missing.isEmpty { return found }
        // In a small data set a class may have no validation image.
        let areKnown = missing.allSatisfy { labels?.class($0) != nil }
        if part.hasPrefix("val"), areKnown, try Self.receipt(tree)?.covers(classes) == true {
            return found
        }
        let split = part.hasPrefix("train") ? "train" : "val"
        throw ExportError(
            .nothingThere, ExportError.absentClasses(missing, in: tree).message,
            hint: "\(run: .untar, .only(split), .classes(missing.map(\.description))) unpacks them")
    }

    private static func receipt(_ output: Path) throws -> OutputReceipt? {
        guard let name = output.lastComponent.string,
            let parent = try ifPresent(Folder(output.parent))
        else { return nil }
        return try OutputReceipt.load(name, in: parent).record
    }

    private func parts(of kind: Layout.Kind) -> (
        there: [Layout.Part], missing: [(name: String, how: Remedy)]
    ) {
        var there: [Layout.Part] = []
        var missing: [(name: String, how: Remedy)] = []
        func add(_ name: String, _ content: Layout.Part.Content?, _ how: Remedy) {
            if let content {
                there.append(Layout.Part(name: name, content: content))
            } else {
                missing.append((name, how))
            }
        }
        func tree(_ name: String, _ how: Remedy) { add(name, folders[name].map { .link($0) }, how) }
        func archive(_ name: String, _ how: Remedy) {
            add(name, archives[name].map { .link($0) }, how)
        }
        let needsLabels: Remedy = "fetch the devkit, or name labels with \(.labels)"
        switch kind {
        case .torchvision:
            tree("train", "\(run: .untar, .only("train")) makes it")
            tree("val", "\(run: .untar, .only("val")) makes it")
            let named = labels.flatMap { labels in
                labels.validation != nil && labels.classes.allSatisfy { !$0.words.isEmpty }
                    ? labels : nil
            }
            add("meta.bin", named.map { .file(LabelFiles.torchvisionMeta($0)) }, needsLabels)
            archive("ILSVRC2012_devkit_t12.tar.gz", "\(run: .fetch, .only("devkit")) downloads it")
        case .tfds:
            archive("ILSVRC2012_img_train.tar", "\(run: .fetch, .only("train")) downloads it")
            archive("ILSVRC2012_img_val.tar", "\(run: .fetch, .only("val")) downloads it")
            archive(
                "ILSVRC2012_img_test.tar",
                "\(run: .mergeTest) makes it of the test archive and its patch")
        case .deepVision:
            tree("train", "\(run: .untar, .only("train")) makes it")
            flat("train_flatten", of: "train", isPrefixed: false, add)
            tree("val", "\(run: .untar, .only("val")) makes it")
            flat("val_flatten", of: "val", isPrefixed: true, add)
            tree("test", "\(run: .untar, .only("test")) makes it")
            tree("bbox_train", "\(run: .untar, .only("bbox")) makes it")
            tree("bbox_val", "\(run: .untar, .only("bbox")) makes it")
            add(Self.synsetsName, labels.map { .file(LabelFiles.synsets($0)) }, needsLabels)
            let shards = ["tfrecord_train", "tfrecord_val"].compactMap { folders[$0] }
            add(
                "tfrecord", shards.isEmpty ? nil : .shards(shards),
                "\(run: .tfrecord) makes it")
            for name in ["tfrecord_train", "tfrecord_val"] {
                tree(name, "\(run: .tfrecord) makes it")
            }
        case .imageDatasets:
            tree("train", "\(run: .untar, .only("train")) makes it")
            tree("val", "\(run: .untar, .only("val")) makes it")
            tree("test", "\(run: .untar, .only("test")) makes it")
        }
        return (there, missing)
    }

    /// An existing flat folder, or else the files of class folders.
    private func flat(
        _ name: String, of tree: String, isPrefixed: Bool,
        _ add: (String, Layout.Part.Content?, Remedy) -> Void
    ) {
        if let folder = folders[name] { return add(name, .link(folder), "") }
        add(
            name, folders[tree].map { .flat($0, isPrefixed: isPrefixed) },
            "\(run: .untarFlat) makes it")
    }
}
