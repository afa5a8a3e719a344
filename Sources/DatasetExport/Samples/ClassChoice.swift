public import DataFolder
public import DatasetManifest
internal import Disk

/// How the labels of chosen classes are numbered, by ascending WNID.
public enum LabelSpace: String, Sendable, CaseIterable {
    /// Among the chosen classes, as ImageFolder numbers the same folders.
    case subset
    /// Among all classes of the data set.
    case full
}

/// The classes that an output has, where not all were chosen.
public struct ClassChoice: Sendable, Hashable {
    /// The keys in receipts.
    static let classesKey = "chosen-classes"
    static let spaceKey = "label-space"

    public var classes: ClassSelection
    public var space: LabelSpace

    public init(_ classes: ClassSelection, _ space: LabelSpace = .subset) {
        self.classes = classes
        self.space = space
    }

    /// As receipts have it. What the choice is called is not in it: the bytes are the same.
    var values: [String: String] {
        [Self.classesKey: Self.text(classes.wnids), Self.spaceKey: space.rawValue]
    }

    static func text(_ wnids: [WNID]) -> String {
        wnids.map(\.description).joined(separator: ",")
    }

    /// What a label is, for the lines that say how to load an output.
    var rank: String {
        switch space {
        case .subset: "the class's rank among the \(classes.count) chosen by ascending WNID"
        case .full: "the class's rank among all classes by ascending WNID"
        }
    }

    /// The labels that occur, where they begin at a number.
    func range(from first: Int) -> String? {
        space == .subset ? "\(first) to \(first + classes.count - 1)" : nil
    }
}

extension OutputReceipt {
    /// The chosen classes of an output; nil if it has all.
    public var chosenClasses: [WNID]? {
        options[ClassChoice.classesKey].map { text in
            text.split(separator: ",").compactMap { WNID($0) }
        }
    }

    /// The same as a selection.
    var selection: ClassSelection? {
        chosenClasses.flatMap { ClassSelection(title: "\($0.count) classes", wnids: $0) }
    }

    /// Whether it has all these classes; nil means all classes.
    func covers(_ classes: ClassSelection?) -> Bool {
        guard let own = selection else { return true }
        return classes?.wnids.allSatisfy(own.contains) ?? false
    }

    /// Its classes and these; nil means all classes.
    func union(with classes: ClassSelection?) -> ClassSelection? {
        guard let own = selection, let classes else { return nil }
        let both = Set(own.wnids + classes.wnids)
        return ClassSelection(title: "\(both.count) classes", wnids: both)
    }

    /// The receipt as if these classes were chosen, for comparison.
    func choosing(_ classes: ClassSelection?) -> OutputReceipt {
        var receipt = self
        receipt.options[ClassChoice.classesKey] = classes.map { ClassChoice.text($0.wnids) }
        return receipt
    }

    /// How its labels are numbered; nil if it has all classes.
    public var labelSpace: LabelSpace? {
        options[ClassChoice.spaceKey].flatMap { LabelSpace(rawValue: $0) }
    }

    /// `all classes`, `other classes: n01440764 and 9 more`.
    var shownClasses: String {
        guard let classes = chosenClasses, let first = classes.first else {
            return "all classes"
        }
        return classes.count == 1
            ? "another class: \(first)"
            : "other classes: \(first) and \(classes.count - 1) more"
    }
}

extension ClassSelection {
    /// Whether a class folder belongs to a chosen class.
    func contains(folder: Path) -> Bool {
        WNID(bytes: folder.bytes).map(contains) ?? false
    }
}
