internal import DatasetManifest
internal import Disk

/// Counts the validation images, and checks the label of each.
struct ValCheck {
    let tree: SplitTree
    let truth: Truth

    func run(_ findings: inout FindingList) -> DatasetReport.Labels {
        var numbers = NumberSet(truth.valCount)
        let images = tree.imageFolders.flatMap(\.val)
        for image in images { numbers.add(image.number) }
        addOthers(images, &numbers)
        findings.add(numbers, prefix: "ILSVRC2012_val_", remedy: tree.unpackAgain)
        switch tree.split.naming {
        case .wnids: return checkLabels(&findings)
        case .numbers: return .wrong
        case .words: return .unproven
        case nil:
            let withoutLabel = tree.root.val.count { $0.label == FolderTally.noClass }
            if withoutLabel == 0 { return checkLabels(&findings) }
            addUnlabelled(withoutLabel, &findings)
            return .none
        }
    }

    /// Images of classes that were not chosen are not missing.
    private func addOthers(_ images: [FolderTally.Val], _ numbers: inout NumberSet) {
        let others = truth.otherValidation
        if others.isEmpty { return }
        let there = Set(images.map(\.number))
        for number in others where !there.contains(number) { numbers.add(number) }
    }

    private func addUnlabelled(_ count: Int, _ findings: inout FindingList) {
        let someHaveLabels = count < tree.root.val.count
        let remedy: Remedy = "sort them: \(run: .untar, .only("val"))"
        // In the tree of 2017 validation images lie flat.
        let (one, many) =
            someHaveLabels
            ? (
                "image has no class in its name, unlike the others",
                "images have no class in their names, unlike the others"
            )
            : (
                "image lies flat, as in the archive: loaders need class folders for the labels",
                "images lie flat, as in the archive: loaders need class folders for the labels"
            )
        findings.add(
            .flat, Sightings(count: count), one, many, isFault: someHaveLabels, remedy: remedy)
    }

    private func checkLabels(_ findings: inout FindingList) -> DatasetReport.Labels {
        let placed = tree.placed
        guard let known = truth.validation else { return checkByPin(placed.count, &findings) }
        let misplaced = placed.filter { image in
            known.indices.contains(image.number - 1) && image.wnid != known[image.number - 1]
        }
        let wrong = Sightings(misplaced) { image in
            "image \(image.number) lies in \(image.wnid) and belongs in \(known[image.number - 1])"
        }
        let pattern = truth.labels.flatMap {
            LabelPattern.find(placed, $0, wrong: wrong.count)
        }
        let why = pattern.map { ": \($0.sentence)" } ?? ""
        findings.add(
            .wrongLabels, wrong, "image lies under a wrong label\(why)",
            "images lie under a wrong label\(why)",
            remedy: Mending(tree: tree).moveVal(
                misplaced.map { ($0.number, $0.wnid, known[$0.number - 1]) }) ?? tree.unpackAgain)
        return wrong.count > 0 ? .wrong : placed.isEmpty ? .unproven : .proven
    }

    /// There is no source of labels, and the labels of the tree do not hash to the pin.
    private func checkByPin(
        _ count: Int, _ findings: inout FindingList
    ) -> DatasetReport.Labels {
        guard truth.facts.pins.valWNIDs != nil else { return .unproven }
        let devkit: Remedy =
            "put ILSVRC2012_devkit_t12.tar.gz into data/tar, or name labels with \(.labels)"
        guard tree.labels(count: truth.valCount) == nil else {
            findings.add(
                .wrongLabels, count,
                "the labels are not those of the data set: some images lie in the folders of "
                    + "other classes",
                remedy: "\(tree.unpackAgain); to see which images: \(devkit)")
            return .wrong
        }
        findings.add(
            .unprovenLabels, count,
            "the labels could not be verified: some images are missing, and there is no list of "
                + "labels", isFault: false, remedy: devkit)
        return .unproven
    }
}

/// Common mistakes with labels, by their effect on all labels.
enum LabelPattern: CaseIterable {
    case idsAsRanks, ranksAsIDs, oneBehind, oneAhead

    var sentence: String {
        switch self {
        case .idsAsRanks:
            "ILSVRC ids were taken for class indexes, which gives an accuracy of 0.1 %"
        case .ranksAsIDs:
            "class indexes were taken for ILSVRC ids, which gives an accuracy of 0.1 %"
        case .oneBehind, .oneAhead:
            "each image has the label of its neighbour, as if one extra file had been sorted "
                + "among the names"
        }
    }

    /// The mistake that explains nine of ten images, if most are wrong.
    static func find(
        _ placed: [SplitTree.Placed], _ labels: ClassLabels, wrong: Int
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
