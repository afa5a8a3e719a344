internal import Disk

/// how-to-imagenet's `aux/` folder: text files known by what is in them, so that renamed ones do.
enum AuxFolder {
    /// The three files under their usual names.
    static let classNames: Path = "ILSVRC2012_mapping.txt"
    static let wnidNames: Path = "sorted_wnids.txt"
    static let truthNames: Path = "ILSVRC2012_validation_ground_truth.txt"

    private static let mostFiles = 64
    private static let extensions = [".txt", ".csv", ".tsv"]

    /// - Returns: nil if nothing in the folder is of use.
    static func read(_ folder: borrowing Folder) throws(LabelError) -> ClassLabels? {
        var found = Found()
        for name in try candidates(folder) {
            let bytes = try LabelFile.bytes(
                folder.path.appending(name), limit: LabelText.longestFile)
            let file = folder.path.appending(name).description
            let isUsual = [classNames, wnidNames, truthNames].contains(name)
            do throws(LabelError) {
                found.add(try LabelText(bytes, file: file), file: file)
            } catch {
                // A README is no fault; a damaged file under a name that we know is one.
                if isUsual { throw error }
            }
        }
        return try found.labels(source: folder.path.description)
    }

    /// The usual files if they are there, else whatever text files there are.
    private static func candidates(_ folder: borrowing Folder) throws(LabelError) -> [Path] {
        var present: [Path] = []
        for name in [classNames, wnidNames, truthNames]
        where LabelFile.isThere(name, in: folder) { present.append(name) }
        if present.contains(truthNames), present.contains(classNames) { return present }
        let texts = try LabelError.catching(folder.entries()).filter { entry in
            (entry.kind == .file || entry.kind == .link)
                && extensions.contains { entry.name.hasSuffix($0) }
        }
        return texts.prefix(mostFiles).map(\.name)
    }

    private struct Found {
        private var classes: (facts: [ClassLabels.Fact], file: String)?
        private var sorted: (wnids: [WNID], file: String)?
        private var truth: ClassLabels.Truth?

        mutating func add(_ text: LabelText, file: String) {
            switch text {
            case .classes(let facts): classes = classes ?? (facts, file)
            case .ids(let ids):
                truth = truth ?? ClassLabels.Truth(list: .ids(ids), file: file)
            case .images(let wnids):
                truth = truth ?? ClassLabels.Truth(list: .wnids(wnids), file: file)
            case .wnids(let wnids):
                if Set(wnids).count < wnids.count {
                    truth = truth ?? ClassLabels.Truth(list: .wnids(wnids), file: file)
                } else if zip(wnids, wnids.dropFirst()).allSatisfy(<) {
                    sorted = sorted ?? (wnids, file)
                } else {
                    // Without an order, so the line number is the id.
                    let facts = wnids.enumerated().map {
                        ClassLabels.Fact(id: $0.offset + 1, wnid: $0.element)
                    }
                    classes = classes ?? (facts, file)
                }
            }
        }

        func labels(source: String) throws(LabelError) -> ClassLabels? {
            guard let truth else {
                if classes == nil && sorted == nil { return nil }
                throw .incomplete(source, "it has classes, but no validation ground truth")
            }
            if let classes {
                let facts = try leaves(of: classes.facts, in: classes.file, truth)
                return try ClassLabels(facts, in: classes.file, truth: truth, source: source)
            }
            guard case .wnids(let wnids) = truth.list else {
                throw .incomplete(
                    source,
                    "it has ILSVRC ids in \(truth.file), but nothing that says which "
                        + "WNIDs they are")
            }
            if let sorted {
                return try ClassLabels(
                    sorted.wnids.map { ClassLabels.Fact(wnid: $0) }, in: sorted.file,
                    truth: truth, source: source)
            }
            return try ClassLabels(validation: wnids, in: truth.file, source: source)
        }

        /// The list of ids has inner nodes too; the sorted list says which are classes. Without
        /// it, those are: ids up to the highest one that an image has.
        private func leaves(
            of facts: [ClassLabels.Fact], in file: String, _ truth: ClassLabels.Truth
        ) throws(LabelError) -> [ClassLabels.Fact] {
            if let sorted {
                let wanted = Set(sorted.wnids)
                let leaves = facts.filter { wanted.contains($0.wnid) }
                if leaves.count < wanted.count,
                    let missing = wanted.subtracting(leaves.map(\.wnid)).min()
                {
                    throw .invalid(file, "it has no id for \(missing), a class of \(sorted.file)")
                }
                return leaves
            }
            guard case .ids(let ids) = truth.list, let last = ids.max() else { return facts }
            return facts.filter { ($0.id ?? 0) <= last }
        }
    }
}
