internal import DatasetManifest
internal import Disk

/// The validation images: whether each lies under its right label.
extension SplitCheck {
    /// A validation image and the class that it lies in.
    struct Placed {
        let number: Int
        let wnid: WNID
    }

    mutating func checkVal() {
        var numbers = NumberSet(truth.valCount)
        var withoutLabel = 0
        for index in imageFolders {
            for image in folders[index].val {
                numbers.add(image.number)
                if isFlat, image.label == FolderTally.noClass { withoutLabel += 1 }
            }
        }
        check(numbers, prefix: "ILSVRC2012_val_")
        switch split.naming {
        case .wnids: checkLabels(placed)
        case .numbers: labels = .wrong
        case .words: labels = .unproven
        case nil where withoutLabel == 0: checkLabels(placed)
        case nil:
            labels = .none
            checkUnlabelled(withoutLabel)
        }
    }

    /// Every validation image that lies under a WNID, by folder or by name.
    var placed: [Placed] {
        var result: [Placed] = []
        if isFlat {
            for image in root.val {
                guard let wnid = WNID(number: image.label) else { continue }
                result.append(Placed(number: Int(image.number), wnid: wnid))
            }
        } else {
            for item in split.classes {
                guard let wnid = item.wnid else { continue }
                for image in item.folders.flatMap({ folders[$0].val }) {
                    result.append(Placed(number: Int(image.number), wnid: wnid))
                }
            }
        }
        return result
    }

    /// The labels as the tree has them, that of image 1 first; nil where one is missing.
    var labelList: [WNID]? {
        let placed = placed
        // Whatever a manifest says that there are, memory is taken for what is there.
        guard let count = truth.valCount, count == placed.count else { return nil }
        var list = [WNID?](repeating: nil, count: count)
        for image in placed {
            guard list.indices.contains(image.number - 1), list[image.number - 1] == nil else {
                return nil
            }
            list[image.number - 1] = image.wnid
        }
        let known = list.compactMap { $0 }
        return known.count == count ? known : nil
    }

    private mutating func checkUnlabelled(_ count: Int) {
        let some = count < root.val.count
        var flat = Sightings()
        flat.add(count, as: nil)
        let remedy: Remedy = "sort them: \(run: .untar, .only("val"))"
        // In the tree of 2017 that is how it should be.
        add(.flat, flat, isFault: some, remedy: remedy) {
            some
                ? "\(counted($0, "image has", "images have")) no class in the name, as the others "
                    + "have"
                : "the \(counted($0, "image lies", "images lie")) flat, as in the archive: loaders "
                    + "that take labels from folders need them sorted"
        }
    }

    private mutating func checkLabels(_ placed: [Placed]) {
        guard let known = truth.validation else { return checkUnprovenLabels() }
        var wrong = Sightings()
        for image in placed {
            guard known.indices.contains(image.number - 1) else { continue }
            let right = known[image.number - 1]
            if image.wnid != right {
                wrong.add("image \(image.number) lies in \(image.wnid) and belongs in \(right)")
            }
        }
        labels = wrong.count > 0 ? .wrong : placed.isEmpty ? .unproven : .proven
        let pattern = truth.labels.flatMap {
            LabelPattern.find(placed, $0, wrong: wrong.count)
        }
        add(.wrongLabels, wrong, remedy: unpackAgain) {
            "\(counted($0, "image lies", "images lie")) under a wrong label"
                + (pattern.map { ": \($0.sentence)" } ?? "")
        }
    }

    /// No source of labels, and the tree itself does not hash to the pin.
    private mutating func checkUnprovenLabels() {
        guard truth.facts.pins.valWNIDs != nil else { return }
        let devkit: Remedy =
            "put ILSVRC2012_devkit_t12.tar.gz into data/tar, or name labels with "
            + "\(.labels)"
        if labelList != nil {
            labels = .wrong
            findings.append(
                Finding(
                    kind: .wrongLabels, isFault: true, count: placed.count,
                    sentence: "the labels are not those of the data set: some images lie in the "
                        + "folders of other classes",
                    remedy: "\(unpackAgain); to see which images: \(devkit)"))
        } else {
            findings.append(
                Finding(
                    kind: .unprovenLabels, isFault: false, count: placed.count,
                    sentence: "the labels could not be proven, because not all images are there "
                        + "and there is no list of labels", remedy: devkit))
        }
    }
}

/// The mistakes that people make with labels, by what they do to all of them.
enum LabelPattern: CaseIterable {
    case idsAsRanks, ranksAsIDs, oneBehind, oneAhead

    var sentence: String {
        switch self {
        case .idsAsRanks:
            "ILSVRC ids were taken for class indexes, which gives an accuracy of 0.1 %"
        case .ranksAsIDs:
            "class indexes were taken for ILSVRC ids, which gives an accuracy of 0.1 %"
        case .oneBehind, .oneAhead:
            "each image has the label of the one beside it, as when a file too many was sorted "
                + "among the names"
        }
    }

    /// The mistake that explains nine of ten images, where most are wrong.
    static func find(
        _ placed: [SplitCheck.Placed], _ labels: ClassLabels, wrong: Int
    ) -> LabelPattern? {
        guard wrong * 2 > placed.count else { return nil }
        return allCases.first { pattern in
            let explained = placed.count { $0.wnid == pattern.label($0.number, labels) }
            return explained * 10 >= placed.count * 9
        }
    }

    /// The label that an image would have got.
    private func label(_ number: Int, _ labels: ClassLabels) -> WNID? {
        guard let right = labels.class(validationImage: number) else { return nil }
        switch self {
        case .idsAsRanks:
            guard let id = right.id, labels.classes.indices.contains(id - 1) else { return nil }
            return labels.classes[id - 1].wnid
        case .ranksAsIDs: return labels.class(id: right.rank + 1)?.wnid
        case .oneBehind: return labels.class(validationImage: number - 1)?.wnid
        case .oneAhead: return labels.class(validationImage: number + 1)?.wnid
        }
    }
}

/// What the numbers mean that folders are named by.
struct FolderNumbers {
    let meaning: String

    init(_ split: SplitFolder, _ folders: [FolderTally], _ truth: Truth) {
        meaning = Self.meaning(split, folders, truth)
    }

    private static func meaning(
        _ split: SplitFolder, _ folders: [FolderTally], _ truth: Truth
    ) -> String {
        var pairs: [(number: Int, found: ClassLabels.Class)] = []
        guard let labels = truth.labels else { return "numbers" }
        for item in split.classes {
            guard let number = item.number else { continue }
            for index in item.folders {
                for found in folders[index].val {
                    labels.class(validationImage: Int(found.number)).map {
                        pairs.append((number, $0))
                    }
                }
                for key in folders[index].train.keys {
                    WNID(number: key).flatMap { labels.class($0) }.map {
                        pairs.append((number, $0))
                    }
                }
            }
        }
        func explains(_ rule: (ClassLabels.Class) -> Int?) -> Bool {
            let right = pairs.count { rule($0.found) == $0.number }
            return !pairs.isEmpty && right * 10 >= pairs.count * 9
        }
        if explains(\.id) { return "ILSVRC ids" }
        if explains(\.rank) { return "class indexes (ranks from 0)" }
        if explains({ $0.rank + 1 }) { return "class indexes counted from 1" }
        return "numbers"
    }
}
