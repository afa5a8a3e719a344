internal import DatasetManifest
internal import Disk

/// Holds one split of a tree against what is known of the data set.
struct SplitCheck {
    typealias Finding = DatasetReport.Finding

    let split: SplitFolder
    let folders: [FolderTally]
    let truth: Truth
    var findings: [Finding] = []
    var labels = DatasetReport.Labels.unproven

    init(_ split: SplitFolder, _ folders: [FolderTally], _ truth: Truth) {
        self.split = split
        self.folders = folders
        self.truth = truth
    }

    var root: FolderTally { folders[split.root] }

    /// The folders that hold images of the split.
    var imageFolders: [Int] {
        split.naming == nil ? [split.root] : split.classes.flatMap(\.folders)
    }

    var isFlat: Bool { split.naming == nil }

    mutating func run() -> DatasetReport.Part {
        checkClasses()
        checkFolders()
        switch split.kind {
        case .train: checkTrain()
        case .val: checkVal()
        case .test: checkTest()
        }
        checkFiles()
        findings.sort {
            ($0.isFault ? 0 : 1, $0.kind.gravity) < ($1.isFault ? 0 : 1, $1.kind.gravity)
        }
        return DatasetReport.Part(
            path: root.path, split: split.kind, form: form, classes: classCount,
            images: imageFolders.reduce(0) { $0 + folders[$1].images }, labels: labels,
            findings: findings)
    }

    private var form: DatasetReport.Form {
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

    private var classCount: Int {
        guard isFlat else { return split.classes.count }
        switch split.kind {
        case .train: return root.train.count
        case .val: return Set(root.val.map(\.label)).subtracting([FolderTally.noClass]).count
        case .test: return 0
        }
    }

    /// Adds what was found, if anything was.
    mutating func add(
        _ kind: Finding.Kind, _ sightings: Sightings, isFault: Bool = true, remedy: Remedy? = nil,
        _ sentence: (Int) -> String
    ) {
        guard sightings.count > 0 else { return }
        findings.append(
            Finding(
                kind: kind, isFault: isFault, count: sightings.count,
                sentence: sentence(sightings.count), examples: sightings.examples,
                hasMore: sightings.hasMore, remedy: remedy))
    }

    var unpackAgain: Remedy {
        "unpack it again: \(run: .untar, .only(split.kind.rawValue), .set(.force))"
    }

    // MARK: Classes

    private mutating func checkClasses() {
        guard !isFlat, split.kind != .test else { return }
        switch split.naming {
        case .numbers: return checkNumbers()
        case .words:
            var named = Sightings()
            for item in split.classes { named.add("\(item.name)") }
            return add(.namedFolders, named, remedy: unpackAgain) {
                "\(counted($0, "class folder is", "class folders are")) named by words and not by "
                    + "WNIDs: some words stand for two classes, and the order of labels is another"
            }
        case .wnids, nil: break
        }
        let present = split.classes.compactMap(\.wnid)
        if let known = expectedClasses {
            let (there, wanted) = (Set(present), Set(known))
            var (missing, unknown) = (Sightings(), Sightings())
            for wnid in known where !there.contains(wnid) { missing.add("\(wnid)") }
            for wnid in present where !wanted.contains(wnid) { unknown.add("\(wnid)") }
            add(.missingClasses, missing, remedy: unpackAgain) {
                "\(counted($0, "class", "classes")) of \(shown(known.count)) are missing, so that "
                    + "the labels of those behind are other ones"
            }
            add(.unknownClasses, unknown, remedy: "move those folders away") {
                "\(counted($0, "folder is", "folders are")) named as a class that is none of the "
                    + "data set's, so that the labels of those behind are other ones"
            }
        } else if let wanted = truth.facts.classCount, split.kind == .train {
            checkClassCount(present.count, wanted)
        }
    }

    /// Those of the labels, where they are known: a small data set has classes without any.
    private var expectedClasses: [WNID]? {
        guard split.kind == .val else { return truth.classes }
        return truth.validation.map { Array(Set($0)).sorted() } ?? truth.classes
    }

    private mutating func checkClassCount(_ count: Int, _ wanted: Int) {
        if count == wanted && truth.facts.pins.wnids == nil { return }
        findings.append(
            Finding(
                kind: count == wanted ? .otherClasses : .missingClasses, isFault: true,
                count: abs(wanted - count),
                sentence: count == wanted
                    ? "the \(shown(count)) class folders are not the classes of the data set"
                    : "there are \(counted(count, "class folder", "class folders")) and not "
                        + shown(wanted),
                remedy: "with the devkit in DIR or in data/tar, the classes can be named"))
    }

    private mutating func checkNumbers() {
        let names = FolderNumbers(split, folders, truth)
        var numbered = Sightings()
        for item in split.classes { numbered.add("\(item.name)") }
        add(
            .numberedFolders, numbered,
            remedy: "name the folders by WNIDs (\(run: .labels) has the table), or "
                + unpackAgain
        ) {
            "\(counted($0, "class folder is", "class folders are")) named by \(names.meaning) and "
                + "not by WNIDs: loaders sort names as text, 10 before 2, and give other labels"
        }
    }

    // MARK: Folders

    private mutating func checkFolders() {
        if !isFlat {
            var strays = Sightings()
            for index in split.strayFolders { strays.add("\(folders[index].name)") }
            add(
                .strayFolders, strays,
                remedy: "move \(strays.examples.joined(separator: ", ")) out of \(root.path)"
            ) {
                "\(counted($0, "folder is", "folders are")) no class, but loaders take each folder "
                    + "for one: the labels of all classes behind are shifted"
            }
            add(
                .hiddenFolders, root.hiddenFolders,
                remedy: "remove \(root.hiddenFolders.examples.joined(separator: ", ")) from "
                    + "\(root.path)"
            ) {
                "\(counted($0, "hidden folder is", "hidden folders are")) taken for a class by "
                    + "loaders: all labels are shifted"
            }
            var (empty, nested) = (Sightings(), Sightings())
            for item in split.classes {
                // What could not be read is told as such.
                if item.images == 0, item.folders.allSatisfy({ folders[$0].fault == nil }) {
                    empty.add("\(item.name)")
                }
                if item.folders.dropFirst().contains(where: { folders[$0].images > 0 }) {
                    nested.add("\(item.name)")
                }
            }
            add(.emptyClasses, empty, remedy: unpackAgain) {
                "\(counted($0, "class folder has", "class folders have")) no images"
            }
            add(.nestedFolders, nested, isFault: false) {
                "\(counted($0, "class folder has", "class folders have")) images in folders of "
                    + "their own, where not all loaders look"
            }
            var loose = Sightings()
            loose.add(root.images, as: nil)
            add(.looseImages, loose, remedy: unpackAgain) {
                "\(counted($0, "image lies", "images lie")) beside the class folders, where no "
                    + "loader finds them"
            }
        }
        var unreadable = Sightings()
        for index in imageFolders + (isFlat ? [] : [split.root]) {
            if let fault = folders[index].fault { unreadable.add(fault) }
        }
        add(.unreadableFolders, unreadable) {
            "\(counted($0, "folder", "folders")) could not be read"
        }
    }

    // MARK: Files

    private mutating func checkFiles() {
        var (empty, dead, archives, hidden) = (Sightings(), Sightings(), Sightings(), Sightings())
        var (foreign, strays) = (Sightings(), Sightings())
        for index in imageFolders {
            let (folder, shown) = (folders[index], folders[index].name.description)
            empty.add(folder.empty.below(shown))
            dead.add(folder.dangling.below(shown))
            archives.add(folder.archives.below(shown))
            hidden.add(folder.hiddenImages.below(shown))
            strays.add(folder.strays.below(shown))
            foreign.add(self.foreign(folder).below(shown))
        }
        if !isFlat {
            archives.add(root.archives)
            strays.add(root.strays)
        }
        add(.emptyImages, empty, remedy: unpackAgain) {
            "\(counted($0, "image is", "images are")) empty"
        }
        add(.deadLinks, dead) { "\(counted($0, "link leads", "links lead")) nowhere" }
        add(.archivesLeft, archives, remedy: "unpack them, or move them away") {
            "\(counted($0, "archive lies", "archives lie")) among the images"
        }
        add(.hiddenImages, hidden, remedy: "remove them: find \(root.path) -name '.*' -type f") {
            "\(counted($0, "hidden file has", "hidden files have")) the name of an image, and "
                + "loaders open them"
        }
        let images = split.kind.images
        add(.foreignImages, foreign, remedy: "move them away") {
            "\(counted($0, "image is", "images are")) none of the \(images)"
        }
        add(.strayFiles, strays, isFault: false) {
            "\(counted($0, "other file lies", "other files lie")) among the images, where loaders "
                + "pass over them"
        }
    }

    private func foreign(_ folder: FolderTally) -> Sightings {
        var result = folder.otherImages
        let (train, val, test) = (folder.trainCount, folder.val.count, folder.test.count)
        let others =
            switch split.kind {
            case .train: val + test
            case .val: train + test
            case .test: train + val
            }
        result.add(others, as: "\(others) of other splits")
        return result
    }
}
