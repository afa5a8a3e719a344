internal import DatasetManifest

/// Files of labels for loaders.
enum LabelFiles {
    /// `meta.bin` of torchvision's ImageNet: the words of each class by WNID, and the WNIDs of the
    /// validation images.
    static func torchvisionMeta(_ labels: ClassLabels) -> [UInt8] {
        let words = labels.classes.map { item in
            (
                key: TorchFile.Value.string("\(item.wnid)"),
                value: TorchFile.Value.tuple(item.words.map { .string($0) })
            )
        }
        let validation = (labels.validationWNIDs ?? []).map { TorchFile.Value.string("\($0)") }
        return TorchFile.encode(.tuple([.dictionary(words), .list(validation)]))
    }

    /// `synsets.txt` of deep-vision: a WNID and its words per line.
    static func synsets(_ labels: ClassLabels, _ chosen: ClassSelection? = nil) -> [UInt8] {
        let classes = labels.classes.filter { chosen?.contains($0.wnid) ?? true }
        return Array(
            classes.map { "\($0.wnid) \($0.words.joined(separator: ", "))\n" }.joined().utf8)
    }
}
