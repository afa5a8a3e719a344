internal import Disk

/// The files of a devkit that labels are made of, from an archive or a folder.
struct Devkit {
    /// What a devkit's file is for, in any folder.
    enum Role: CaseIterable {
        /// `meta.mat` (2010 to 2013) or `meta_clsloc.mat` (2014 to 2017): the classes.
        case metadata
        /// `map_clsloc.txt`: the classes as text.
        case map
        /// The validation ground truth.
        case truth

        init?(baseName: Path) {
            switch baseName {
            case "meta.mat", "meta_clsloc.mat": self = .metadata
            case "map_clsloc.txt": self = .map
            case _ where Self.truthNames.contains(baseName): self = .truth
            default: return nil
            }
        }

        /// The names that a file in this role may have.
        var names: [Path] {
            switch self {
            case .metadata: ["meta.mat", "meta_clsloc.mat"]
            case .map: ["map_clsloc.txt"]
            case .truth: Self.truthNames
            }
        }

        var longest: Int {
            switch self {
            case .metadata: MatFile.longestFile
            case .map, .truth: LabelText.longestFile
            }
        }

        private static let truthNames: [Path] =
            ["ILSVRC2012_validation_ground_truth.txt", "ILSVRC2010_validation_ground_truth.txt"]
            + (2013...2017).map { Path("ILSVRC\($0)_clsloc_validation_ground_truth.txt") }
    }

    private struct Part {
        let file: String
        let bytes: [UInt8]
    }

    private var parts: [Role: Part] = [:]

    var isEmpty: Bool { parts.isEmpty }

    /// Whether there is a file that lists the classes.
    var hasClasses: Bool { parts[.metadata] != nil || parts[.map] != nil }

    /// Whether nothing more is needed.
    var isComplete: Bool { parts[.metadata] != nil && parts[.truth] != nil }

    /// Adds a file. The same file may be added twice; two different files may not.
    mutating func add(_ role: Role, _ bytes: [UInt8], file: String) throws(LabelError) {
        if let other = parts[role], other.bytes != bytes {
            throw .invalid(file, "it differs from \(other.file), and only one can be right")
        }
        parts[role] = parts[role] ?? Part(file: file, bytes: bytes)
    }

    func labels(source: String) throws(LabelError) -> ClassLabels {
        let facts: [ClassLabels.Fact]
        let file: String
        if let part = parts[.metadata] {
            facts = try Self.facts(part)
            file = part.file
        } else if let part = parts[.map] {
            guard case .classes(let listed) = try LabelText(part.bytes, file: part.file) else {
                throw .invalid(part.file, "it is not a list of WNIDs with their ids")
            }
            facts = listed
            file = part.file
        } else {
            throw .incomplete(source, "it has neither meta.mat nor meta_clsloc.mat")
        }
        guard let part = parts[.truth] else {
            throw .incomplete(source, "it has no validation ground truth")
        }
        guard case .ids(let ids) = try LabelText(part.bytes, file: part.file) else {
            throw .invalid(part.file, "it is not a list of ILSVRC ids, one a line")
        }
        let truth = ClassLabels.Truth(list: .ids(ids), file: part.file)
        return try ClassLabels(facts, in: file, truth: truth, source: source)
    }

    // MARK: Metadata

    /// The leaves of the tree of classes. Inner nodes have ids too, but no images.
    private static func facts(_ part: Part) throws(LabelError) -> [ClassLabels.Fact] {
        let mat = try MatFile(part.bytes, name: part.file)
        guard case .structs(let synsets)? = mat.variables["synsets"] else {
            throw .invalid(part.file, "it has no array of structs named synsets")
        }
        // ILSVRC2012_ID, ILSVRC2013_DET_ID, ILSVRC2015_CLSLOC_ID: the prefix is the year's.
        guard let idField = synsets.fields.first(where: { $0.hasSuffix("_ID") }),
            let ids = synsets.column(idField), let wnids = synsets.column("WNID")
        else { throw .invalid(part.file, "its synsets have no WNID or no field ending in _ID") }
        let children = synsets.column("num_children")
        let words = synsets.column("words")
        let names = synsets.column("name")
        let glosses = synsets.column("gloss") ?? synsets.column("description")
        let images = synsets.column("num_train_images")
        var facts: [ClassLabels.Fact] = []
        for index in 0..<synsets.count {
            if let children {
                guard let number = children[index].integer else {
                    throw .invalid(part.file, "synset \(index + 1) has no num_children")
                }
                if number != 0 { continue }
            }
            guard let id = ids[index].integer else {
                throw .invalid(part.file, "synset \(index + 1) has no \(idField)")
            }
            guard let wnid = wnids[index].string.flatMap({ WNID($0) }) else {
                throw .invalid(part.file, "synset \(index + 1) has no WNID such as n01440764")
            }
            let text = words?[index].string ?? names?[index].string?.replacing("_", with: " ")
            facts.append(
                ClassLabels.Fact(
                    id: id, wnid: wnid, words: text.map(split) ?? [],
                    gloss: glosses?[index].string, trainImages: images?[index].integer))
        }
        return facts
    }

    private static func split(_ words: String) -> [String] {
        words.isEmpty ? [] : words.split(separator: ", ").map { String($0) }
    }
}
