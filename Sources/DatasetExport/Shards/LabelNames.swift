internal import Checksums
internal import DataFolder
internal import DatasetManifest

/// What a receipt calls the labels of an output: a digest of what is in the bytes, which are the
/// classes, their words in some formats, and the labels of validation images.
struct LabelNames {
    let hasWords: Bool
    let split: SampleTable.Split
    /// The digest of the data set's classes.
    let pin: Digest?
    let isArchive: Bool

    private static let fromInput = "from the input"

    func name(of labels: ClassLabels?) -> String {
        guard let labels else {
            // Those that are found must be the pinned ones: see `KnownInput.check`.
            guard split == .train, !hasWords, let pin else { return Self.fromInput }
            return pin.hex
        }
        return Self.digest(
            labels, pin?.algorithm ?? .sha256, hasWords: hasWords, hasValidation: split == .val)
    }

    /// What older versions called the same labels. They took in the words and the validation labels
    /// for every output, and did not know that classes from the input were the pinned ones.
    func olderNames(of labels: ClassLabels?) -> Set<String> {
        var names: Set<String> = []
        if let labels {
            names.insert(Self.digest(labels, .sha256, hasWords: true, hasValidation: true))
        }
        // A tree's digest in a receipt covers the ranks; that of an archive does not.
        guard split == .train || !isArchive, !hasWords, let pin else { return names }
        let isPinned =
            labels.map {
                Self.digest($0, pin.algorithm, hasWords: false, hasValidation: false) == pin.hex
            } ?? true
        if isPinned { names.insert(Self.fromInput) }
        return names
    }

    private static func digest(
        _ labels: ClassLabels, _ algorithm: DigestAlgorithm, hasWords: Bool, hasValidation: Bool
    ) -> String {
        var hasher = Hasher(algorithm)
        for item in labels.classes {
            let words = hasWords ? " " + item.words.joined(separator: ", ") : ""
            hasher.update(Array("\(item.wnid)\(words)\n".utf8))
        }
        for rank in hasValidation ? labels.validation ?? [] : [] {
            hasher.update(Array("\(rank)\n".utf8))
        }
        return hasher.digest.hex
    }
}

extension OutputReceipt {
    /// The key of how many images were decoded before the output got its name.
    static let decoded = "decoded"

    /// The option that says which labels an output has.
    static let labels = "labels"

    /// The receipt with these names of labels as the other one has it, which means the same.
    func naming(_ olderLabels: Set<String>, as other: OutputReceipt) -> OutputReceipt {
        guard let said = options[Self.labels], olderLabels.contains(said) else { return self }
        var receipt = self
        receipt.options[Self.labels] = other.options[Self.labels]
        return receipt
    }
}
