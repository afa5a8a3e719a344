public import Disk

/// What was found in an unpacked data set.
public struct DatasetReport: Sendable {
    public enum Split: String, Sendable, CaseIterable {
        case train, val, test

        /// For use in a sentence.
        var images: String {
            switch self {
            case .train: "training images"
            case .val: "validation images"
            case .test: "test images"
            }
        }
    }

    /// How the images of a split lie.
    public enum Form: String, Sendable {
        case classFolders = "class-folders"
        case numberedFolders = "numbered-folders"
        case namedFolders = "named-folders"
        case flat
        /// Flat, with the class in each name.
        case labelledFlat = "labelled-flat"
    }

    /// What is known of the labels of a split.
    public enum Labels: String, Sendable {
        /// They are those of the data set, by its pins or by a source that matches the pins.
        case proven
        /// Some are not.
        case wrong
        /// There was nothing to compare them with.
        case unproven
        /// The images have no labels.
        case none
    }

    /// One thing that was found.
    public struct Finding: Sendable, Hashable {
        /// What is wrong, or worth knowing; the gravest first.
        public enum Kind: String, Sendable, CaseIterable {
            case wrongLabels, numberedFolders, namedFolders, unlabelled
            case strayFolders, hiddenFolders, missingClasses, unknownClasses, otherClasses
            case misplacedImages, missingImages, tooManyImages, otherCount, duplicateImages
            case emptyClasses, archivesLeft, looseImages, foreignImages, hiddenImages
            case unreadableFolders, emptyImages, deadLinks, brokenImages, cutImages
            case nestedFolders, flat, strayFiles, oddImages, unprovenLabels, unprovenCounts
        }

        public let kind: Kind
        /// Whether it makes the data set wrong, or is only a remark.
        public let isFault: Bool
        public let count: Int
        /// A sentence without a full stop, safe for a terminal.
        public let sentence: String
        /// The first few, safe for a terminal.
        public var examples: [String] = []
        /// Whether there are more.
        public var hasMore = false
        /// What to do about it.
        public let remedy: Remedy?
    }

    /// One split in one place.
    public struct Part: Sendable {
        public let path: Path
        public let split: Split
        public let form: Form
        public let classes: Int
        public let images: Int
        public var labels: Labels
        /// The gravest first.
        public var findings: [Finding]

        public var isRight: Bool { !findings.contains(where: \.isFault) }
    }

    /// In the order of the tree.
    public var parts: [Part]
    /// Folders with other data, which were skipped.
    public let skipped: [Path]
    /// How many images belong to no split.
    public let unknownImages: Int
    /// Whether every image was read, and not only its name and size.
    public internal(set) var isDecoded = false

    public var isRight: Bool { parts.allSatisfy(\.isRight) }

    /// The gravest fault, with its part.
    public var worst: (part: Part, finding: Finding)? {
        var worst: (part: Part, finding: Finding)?
        for part in parts {
            guard let finding = part.findings.first(where: \.isFault) else { continue }
            if let worst, worst.finding.kind.gravity <= finding.kind.gravity { continue }
            worst = (part, finding)
        }
        return worst
    }
}

extension DatasetReport.Finding.Kind {
    /// The smaller the graver.
    var gravity: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
}
