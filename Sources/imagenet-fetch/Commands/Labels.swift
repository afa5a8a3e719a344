import Disk

/// The options of `labels`.
struct LabelsArguments: Sendable, Equatable {
    enum Format: String, CaseIterable, Sendable { case ids, wnids, synsets, gist, keras, json }

    var format: Format?
    var validationLabels: Path?
}

extension Flag {
    /// Validation labels of the person's own.
    static let validationLabels = Flag(
        "val-labels", .file(),
        help: "take the validation labels from this file",
        detail: """
            Take the validation labels from this file: a WNID or a number a line, in the order of \
            the images' names. For ILSVRC2012 the labels must be the known ones, whatever they \
            come from.
            """
    ) { $0.labels.validationLabels = $1 }
}

extension Command {
    static let labels = Command(
        name: "labels",
        summary: "classes: ILSVRC id, WNID, rank, words; convert between them",
        detail: """
            Prints classes, all of them or those that a query names: an ILSVRC id (1 to 1000), a \
            WNID (n02099601) or words of the name. Frameworks number the classes in different \
            ways, so the output always says which numbering it is.

            The labels come from what lies in the data folder: the devkit, packed or not, the text \
            files of how-to-imagenet, the synset list of TensorFlow, or the validation boxes. They \
            are all held against the same pins, so that they cannot differ.
            """,
        positionals: [.init(name: "QUERY", isOptional: true, repeats: true)],
        flags: [
            Flag(
                "format", .choice as ValueKind<LabelsArguments.Format>,
                help: "the form of the list",
                detail: """
                    Print the whole list in a form that other programs read: ids (ILSVRC ids of \
                    the validation images), wnids (WNIDs of the classes by rank), synsets (WNIDs \
                    of the validation images), gist (rank and words), keras (the JSON of Keras) or \
                    json (everything).
                    """
            ) { $0.labels.format = $1 },
            .validationLabels,
        ],
        examples: [
            Example(line: "imagenet-fetch labels 207", what: "The class with the ILSVRC id 207."),
            Example(
                line: "imagenet-fetch labels n02099601",
                what: "The class with this WNID, and its numbers."),
            Example(
                line: "imagenet-fetch labels --format wnids",
                what: "All WNIDs, in the order of the labels that torchvision gives."),
        ],
        run: { (_, _) in throw InternalError(message: "labels cannot be read yet") })
}
