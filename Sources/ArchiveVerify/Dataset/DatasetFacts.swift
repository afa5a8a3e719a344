internal import Checksums
public import DatasetManifest
internal import Disk

/// What is known beforehand about a correct copy of a data set.
public struct DatasetFacts: Sendable {
    /// The test images that were replaced later, in a separate archive.
    public struct TestPatch: Sendable {
        public let file: String
        public var images: Int?

        /// The folder that it is unpacked into is named after it.
        var folder: Path { Path(file.hasSuffix(".tar") ? String(file.dropLast(4)) : file) }
    }

    public var classCount: Int?
    public var pins: Manifest.LabelPins
    public var images: [DatasetReport.Split: Int]
    public var testPatch: TestPatch?
    /// From a source that was checked against the pins.
    public var labels: ClassLabels?
    /// The classes that the copy should have; nil for all of the data set.
    public var classes: ClassSelection?

    public init(
        _ manifest: Manifest, labels: ClassLabels?, classes: ClassSelection? = nil
    ) {
        self.classes = classes
        classCount = manifest.classes.map { Int(clamping: $0) }
        pins = manifest.labels ?? Manifest.LabelPins()
        self.labels = labels
        let roles: [(ManifestFile.Role, DatasetReport.Split)] = [
            (.trainImages, .train), (.valImages, .val), (.testImages, .test),
        ]
        images = [:]
        for (role, split) in roles {
            let file = manifest.files.first {
                $0.role == role && !$0.isSuperseded && $0.part == split.rawValue
            }
            images[split] = file?.images.map { Int(clamping: $0) }
        }
        testPatch = manifest.files.first { $0.role == .testPatch && !$0.isSuperseded }
            .map { TestPatch(file: $0.name, images: $0.images.map { Int(clamping: $0) }) }
    }
}

/// What is known of the classes and labels while a tree is checked: from a source of labels, or
/// from those parts of the tree itself that hash to the pins.
struct Truth {
    /// Ascending.
    private(set) var classes: [WNID]?
    /// By number, that of image 1 first.
    private(set) var validation: [WNID]?
    let labels: ClassLabels?
    let facts: DatasetFacts

    init(_ given: DatasetFacts) {
        // A manifest may say less than nothing.
        var facts = given
        facts.images = facts.images.mapValues { max($0, 0) }
        facts.classCount = facts.classCount.map { max($0, 0) }
        labels = facts.labels
        validation = facts.labels?.validationWNIDs
        if let chosen = facts.classes {
            // Of some classes nothing else is known.
            facts.pins = Manifest.LabelPins()
            facts.images[.train] = nil
            facts.images[.val] = validation?.count
            classes = chosen.wnids
        } else {
            classes = facts.labels?.classes.map(\.wnid)
        }
        self.facts = facts
    }

    /// The number of validation images, with those of other classes; nil if it is not known.
    var valCount: Int? { facts.images[.val] ?? validation?.count }

    /// The validation images of classes that the copy should not have, from 1.
    var otherValidation: [UInt32] {
        guard let chosen = facts.classes, let validation else { return [] }
        return validation.indices.compactMap { index in
            chosen.contains(validation[index]) ? nil : UInt32(clamping: index + 1)
        }
    }

    /// Takes these classes, in ascending order, for the right ones if they hash to the pin.
    mutating func offer(classes offered: [WNID]) {
        guard classes == nil, let pin = facts.pins.wnids else { return }
        if Self.digest(offered) == pin { classes = offered }
    }

    /// The same with the labels of all validation images.
    mutating func offer(validation offered: [WNID]) {
        guard validation == nil, let pin = facts.pins.valWNIDs else { return }
        if Self.digest(offered) == pin { validation = offered }
    }

    static let classesNeedDevkit: Remedy =
        "put ILSVRC2012_devkit_t12.tar.gz into data/tar to see which classes"

    /// Training images of a class, if a devkit is known.
    func trainImages(_ wnid: WNID) -> Int? {
        // So that sums of a thousand do not overflow.
        labels?.class(wnid)?.trainImages.map { min(max($0, 0), 1 << 40) }
    }

    private static func digest(_ wnids: [WNID]) -> Digest {
        Hasher.digest(.sha256, wnids.flatMap { Array("\($0)\n".utf8) })
    }
}
