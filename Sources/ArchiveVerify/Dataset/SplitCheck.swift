internal import DatasetManifest
internal import Disk

/// Compares one split of a tree with what is known of the data set.
enum SplitCheck {
    static func run(_ tree: SplitTree, _ truth: Truth) -> DatasetReport.Part {
        var findings = FindingList()
        ClassCheck(tree: tree, truth: truth).run(&findings)
        FolderCheck(tree: tree).run(&findings)
        let labels =
            switch tree.split.kind {
            case .train: TrainCheck(tree: tree, truth: truth).run(&findings)
            case .val: ValCheck(tree: tree, truth: truth).run(&findings)
            case .test: TestCheck(tree: tree, truth: truth).run(&findings)
            }
        FileCheck(tree: tree).run(&findings)
        return DatasetReport.Part(
            path: tree.root.path, split: tree.split.kind, form: tree.form,
            classes: tree.classCount, images: tree.count(\.images), labels: labels,
            findings: findings.sorted)
    }
}

/// One split, with the folders that it consists of.
struct SplitTree {
    /// A validation image and the class that it lies in.
    struct Placed {
        let number: Int
        let wnid: WNID
    }

    let split: SplitFolder
    let folders: [FolderTally]
    /// The classes that it should have; nil for all.
    let chosen: ClassSelection?

    init(_ split: SplitFolder, _ folders: [FolderTally], _ chosen: ClassSelection? = nil) {
        self.split = split
        self.folders = folders
        self.chosen = chosen
    }

    var root: FolderTally { folders[split.root] }

    var isFlat: Bool { split.naming == nil }

    /// The folders that hold images of the split.
    var imageFolders: [FolderTally] {
        isFlat ? [root] : split.classes.flatMap(\.folders).map { folders[$0] }
    }

    func count(_ number: (FolderTally) -> Int) -> Int {
        imageFolders.reduce(0) { $0 + number($1) }
    }

    /// The WNIDs of the class folders, in the order of loaders.
    var wnids: [WNID] { split.classes.compactMap(\.wnid) }

    var unpackAgain: Remedy { split.kind.unpackAgain(chosen) }

    fileprivate var form: DatasetReport.Form {
        switch split.naming {
        case .wnids: .classFolders
        case .numbers: .numberedFolders
        case .words: .namedFolders
        case nil: isLabelled ? .labelledFlat : .flat
        }
    }

    private var isLabelled: Bool {
        switch split.kind {
        case .train: true
        case .val: !root.val.isEmpty && root.val.allSatisfy { $0.label != FolderTally.noClass }
        case .test: false
        }
    }

    fileprivate var classCount: Int {
        guard isFlat else { return split.classes.count }
        switch split.kind {
        case .train: return root.train.count
        case .val: return Set(root.val.map(\.label)).subtracting([FolderTally.noClass]).count
        case .test: return 0
        }
    }

    /// Every validation image that lies under a WNID, by folder or by name.
    var placed: [Placed] {
        if isFlat {
            return root.val.compactMap { image in
                WNID(number: image.label).map { Placed(number: Int(image.number), wnid: $0) }
            }
        }
        return split.classes.flatMap { item -> [Placed] in
            guard let wnid = item.wnid else { return [] }
            return item.folders.flatMap { folders[$0].val }
                .map { Placed(number: Int($0.number), wnid: wnid) }
        }
    }

    /// The labels that the tree has, from image 1 on; nil if one of `count` is missing.
    func labels(count: Int?) -> [WNID]? {
        let placed = placed
        // Memory is taken for the images that are there, whatever number a manifest states.
        guard let count, count == placed.count else { return nil }
        var list = [WNID?](repeating: nil, count: count)
        for image in placed {
            guard list.indices.contains(image.number - 1), list[image.number - 1] == nil else {
                return nil
            }
            list[image.number - 1] = image.wnid
        }
        return list.compactMap { $0 }
    }
}

extension DatasetReport.Split {
    func unpackAgain(_ chosen: ClassSelection?) -> Remedy {
        guard let chosen else {
            return "unpack it again: \(run: .untar, .only(rawValue), .set(.force))"
        }
        let classes = Remedy.Word.classes(chosen.wnids.map(\.description))
        return "unpack it again: \(run: .untar, .only(rawValue), classes, .set(.force))"
    }
}

/// What was found in one split so far.
struct FindingList {
    typealias Finding = DatasetReport.Finding

    private var findings: [Finding]

    init(_ findings: [Finding] = []) { self.findings = findings }

    /// The gravest first.
    var sorted: [Finding] {
        findings.sorted {
            ($0.isFault ? 0 : 1, $0.kind.gravity) < ($1.isFault ? 0 : 1, $1.kind.gravity)
        }
    }

    /// Adds a finding about things that were seen, if there are any, in the singular or the plural.
    mutating func add(
        _ kind: Finding.Kind, _ sightings: Sightings, _ one: String, _ many: String,
        isFault: Bool = true, remedy: Remedy? = nil
    ) {
        add(
            kind, sightings.count, counted(sightings.count, one, many), isFault: isFault,
            examples: sightings, remedy: remedy)
    }

    mutating func add(
        _ kind: Finding.Kind, _ count: Int, _ sentence: String, isFault: Bool = true,
        examples: Sightings = Sightings(), remedy: Remedy? = nil
    ) {
        guard count > 0 else { return }
        findings.append(
            Finding(
                kind: kind, isFault: isFault, count: count, sentence: sentence,
                examples: examples.examples, hasMore: examples.hasMore, remedy: remedy))
    }
}
