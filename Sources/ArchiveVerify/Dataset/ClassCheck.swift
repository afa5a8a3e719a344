internal import DatasetManifest
internal import Disk

/// Whether the class folders are those of the data set, under the right names.
struct ClassCheck {
    let tree: SplitTree
    let truth: Truth

    func run(_ findings: inout FindingList) {
        guard tree.split.kind != .test else { return }
        let folders = Sightings(tree.split.classes) { "\($0.name)" }
        switch tree.split.naming {
        case nil: break
        case .numbers:
            let rest =
                "named by \(meaningOfNumbers) instead of WNIDs: loaders sort names as text, 10 "
                + "before 2, and give wrong labels"
            findings.add(
                .numberedFolders, folders, "class folder is \(rest)", "class folders are \(rest)",
                remedy: "name the folders by WNIDs (\(run: .labels) has the table), or "
                    + tree.unpackAgain)
        case .words:
            let rest =
                "named by words instead of WNIDs: some words stand for two classes, and the "
                + "labels are in another order"
            findings.add(
                .namedFolders, folders, "class folder is \(rest)", "class folders are \(rest)",
                remedy: tree.unpackAgain)
        case .wnids: checkWNIDs(&findings)
        }
    }

    private func checkWNIDs(_ findings: inout FindingList) {
        guard let known = expectedClasses else { return checkCount(&findings) }
        let (present, wanted) = (Set(tree.wnids), Set(known))
        let missing = Sightings(known.filter { !present.contains($0) }) { "\($0)" }
        let others = tree.split.classes.filter { $0.wnid.map { !wanted.contains($0) } ?? false }
        let unknown = Sightings(others) { "\($0.name)" }
        let effect = "so every later class gets the wrong label"
        let reason =
            tree.chosen == nil ? "the data set does not have" : "were not chosen"
        let all = "of \(counted(known.count, "class", "classes"))"
        findings.add(
            .missingClasses, missing, "\(all) is missing, \(effect)",
            "\(all) are missing, \(effect)", remedy: tree.unpackAgain)
        findings.add(
            .unknownClasses, unknown,
            "folder is named like a class that \(reason), \(effect)",
            "folders are named like classes that \(reason), \(effect)",
            remedy: Mending(tree: tree).moveOut(others.map { tree.folders[$0.folders[0]] })
                ?? "move those folders away")
    }

    /// The classes of the labels, if known: in a small data set some classes have no validation image.
    private var expectedClasses: [WNID]? {
        guard tree.split.kind == .val else { return truth.classes }
        guard let validation = truth.validation else { return truth.classes }
        let chosen = truth.facts.classes
        return Set(validation).filter { chosen?.contains($0) ?? true }.sorted()
    }

    private func checkCount(_ findings: inout FindingList) {
        guard let wanted = truth.facts.classCount, tree.split.kind == .train else { return }
        let count = tree.wnids.count
        if count != wanted {
            findings.add(
                .missingClasses, abs(wanted - count),
                "\(thereAre(count, "class folder", "class folders")), not "
                    + shown(wanted), remedy: Truth.classesNeedDevkit)
        } else if truth.facts.pins.wnids != nil {
            findings.add(
                .otherClasses, 1,
                "the \(shown(count)) class folders are not the classes of the data set",
                remedy: Truth.classesNeedDevkit)
        }
    }

    /// The meaning of the numbers that folders are named by.
    private var meaningOfNumbers: String {
        guard let labels = truth.labels else { return "numbers" }
        var pairs: [(number: Int, found: ClassLabels.Class)] = []
        for item in tree.split.classes {
            guard let number = item.number else { continue }
            for folder in item.folders.map({ tree.folders[$0] }) {
                let found =
                    folder.val.map { labels.class(validationImage: Int($0.number)) }
                    + folder.train.keys.map { WNID(number: $0).flatMap { labels.class($0) } }
                pairs += found.compactMap { $0 }.map { (number, $0) }
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
