public import Checksums

/// The classes of a data set and, where the source has them, the labels of its validation images.
///
/// There are three numberings, and they must not be mixed up: the WNID; the ILSVRC id, 1 to 1000, in
/// the order of the devkit; the rank, 0 to 999, in the order of the WNIDs, which is what PyTorch,
/// Keras and how-to-imagenet call the class index.
public struct ClassLabels: Sendable {
    /// One class.
    public struct Class: Sendable, Hashable {
        /// The ILSVRC id, from 1; nil where the source does not have ids.
        public let id: Int?
        public let wnid: WNID
        /// The place among all classes by ascending WNID, from 0.
        public let rank: Int
        /// What the class is called, the commonest name first; empty where the source has no words.
        public let words: [String]
        public let gloss: String?
        public let trainImages: Int?
    }

    /// All classes, by rank.
    public let classes: [Class]
    /// The rank of each validation image's class, that of image 1 first.
    public let validation: [Int]?
    /// Where the labels come from, as it may be shown to a person.
    public let source: String

    private let rankByID: [Int: Int]
    private let rankByWNID: [WNID: Int]

    /// The class with an ILSVRC id.
    public func `class`(id: Int) -> Class? { rankByID[id].map { classes[$0] } }

    public func `class`(_ wnid: WNID) -> Class? { rankByWNID[wnid].map { classes[$0] } }

    /// The class of a validation image, counted from 1.
    public func `class`(validationImage index: Int) -> Class? {
        guard let validation, index >= 1, index <= validation.count else { return nil }
        return classes[validation[index - 1]]
    }

    /// The WNIDs of the validation images, that of image 1 first.
    public var validationWNIDs: [WNID]? { validation?.map { classes[$0].wnid } }

    /// The ILSVRC ids of the validation images; nil where ids or labels are not known.
    package var validationIDs: [Int]? {
        guard let validation, classes.allSatisfy({ $0.id != nil }) else { return nil }
        return validation.compactMap { classes[$0].id }
    }

    // MARK: Pins

    /// Compares the labels with those that a data set's manifest pins: each digest is a SHA-256 over
    /// a WNID a line, of the validation images or of the classes. A list that this source does not
    /// have is not compared.
    ///
    /// - Throws: `.pinMismatch`.
    public func check(valWNIDs: Digest?, wnids: Digest?) throws(LabelError) {
        if let wnids {
            let digest = Self.digest(classes.map(\.wnid))
            if digest != wnids {
                throw .pinMismatch(
                    source, "its \(classes.count) classes are not the classes of the data set")
            }
        }
        if let valWNIDs, let validationWNIDs {
            let digest = Self.digest(validationWNIDs)
            if digest != valWNIDs {
                throw .pinMismatch(
                    source,
                    "its \(validationWNIDs.count) validation labels are not those of the data set")
            }
        }
    }

    private static func digest(_ wnids: [WNID]) -> Digest {
        var hasher = Hasher(.sha256)
        hasher.update(wnids.flatMap { Array("\($0)\n".utf8) })
        return hasher.digest
    }

    // MARK: Building

    /// A class as a source gives it, before all are known and ranked.
    struct Fact {
        var id: Int?
        let wnid: WNID
        var words: [String] = []
        var gloss: String?
        var trainImages: Int?
    }

    /// Validation labels as a source gives them; `file` is what errors call it.
    struct Truth {
        enum List {
            case ids([Int])
            case wnids([WNID])
        }

        let list: List
        let file: String
    }

    static let mostClasses = 100_000

    /// - Parameter file: where the classes were read, for errors.
    init(_ facts: [Fact], in file: String, truth: Truth?, source: String) throws(LabelError) {
        if facts.isEmpty { throw .invalid(file, "it has no classes") }
        if facts.count > Self.mostClasses {
            throw .invalid(file, "it has \(facts.count) classes, more than \(Self.mostClasses)")
        }
        var (rankByID, rankByWNID): ([Int: Int], [WNID: Int]) = ([:], [:])
        var classes: [Class] = []
        for (rank, fact) in facts.sorted(by: { $0.wnid < $1.wnid }).enumerated() {
            if rankByWNID.updateValue(rank, forKey: fact.wnid) != nil {
                throw .invalid(file, "the class \(fact.wnid) appears twice")
            }
            if let id = fact.id {
                guard (1...facts.count).contains(id) else {
                    throw .invalid(
                        file,
                        "the class \(fact.wnid) has the id \(id), not one of "
                            + "1 to \(facts.count)")
                }
                if rankByID.updateValue(rank, forKey: id) != nil {
                    throw .invalid(file, "the id \(id) appears twice")
                }
            }
            classes.append(
                Class(
                    id: fact.id, wnid: fact.wnid, rank: rank, words: fact.words,
                    gloss: fact.gloss, trainImages: fact.trainImages))
        }
        self.classes = classes
        self.rankByID = rankByID
        self.rankByWNID = rankByWNID
        self.source = source
        validation = try truth.map { truth throws(LabelError) in
            try Self.ranks(truth, byID: rankByID, byWNID: rankByWNID)
        }
    }

    /// Classes known by the labels of validation images alone: no ids, no words.
    init(validation wnids: [WNID], in file: String, source: String) throws(LabelError) {
        try self.init(
            Set(wnids).map { Fact(wnid: $0) }, in: file,
            truth: Truth(list: .wnids(wnids), file: file), source: source)
    }

    /// These classes with other validation labels.
    func replacingValidation(_ truth: Truth, source: String) throws(LabelError) -> ClassLabels {
        let facts = classes.map {
            Fact(
                id: $0.id, wnid: $0.wnid, words: $0.words, gloss: $0.gloss,
                trainImages: $0.trainImages)
        }
        return try ClassLabels(facts, in: self.source, truth: truth, source: source)
    }

    /// These labels with the ids and words of `other` where they have none.
    ///
    /// Not every source has them: the boxes of the validation images only say which class each is.
    package func completed(by other: ClassLabels) throws(LabelError) -> ClassLabels {
        let isComplete = classes.allSatisfy { $0.id != nil && !$0.words.isEmpty }
        if isComplete || classes.map(\.wnid) != other.classes.map(\.wnid) { return self }
        let facts = zip(classes, other.classes).map { own, other in
            Fact(
                id: own.id ?? other.id, wnid: own.wnid,
                words: own.words.isEmpty ? other.words : own.words,
                gloss: own.gloss ?? other.gloss, trainImages: own.trainImages ?? other.trainImages)
        }
        let truth = validationWNIDs.map { Truth(list: .wnids($0), file: source) }
        return try ClassLabels(facts, in: source, truth: truth, source: source)
    }

    private static func ranks(_ truth: Truth, byID: [Int: Int], byWNID: [WNID: Int])
        throws(LabelError) -> [Int]
    {
        var ranks: [Int] = []
        switch truth.list {
        case .ids(let ids):
            if byID.isEmpty {
                throw .needsClasses(truth.file)
            }
            for (index, id) in ids.enumerated() {
                guard let rank = byID[id] else {
                    throw .line(
                        index + 1, of: truth.file,
                        "has the id \(id), not one of 1 to \(byID.count)")
                }
                ranks.append(rank)
            }
        case .wnids(let wnids):
            for (index, wnid) in wnids.enumerated() {
                guard let rank = byWNID[wnid] else {
                    throw .line(
                        index + 1, of: truth.file, "has \(wnid), which is not one of the classes")
                }
                ranks.append(rank)
            }
        }
        if ranks.isEmpty { throw .invalid(truth.file, "it has no labels") }
        return ranks
    }
}
