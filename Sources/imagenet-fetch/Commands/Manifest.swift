extension Command {
    static let manifestShow = Command(
        name: "manifest show",
        summary: "the data sets known, and their files",
        detail: """
            Shows the data sets that are known, each with its files: size, part, digests and \
            sources. With --dataset or --manifest it shows that one, with --only or --all its files \
            alone.
            """,
        flags: Flag.selection,
        examples: [
            Example(
                line: "imagenet-fetch manifest show", what: "What is known of every data set."),
            Example(
                line: "imagenet-fetch manifest show --dataset ilsvrc2012 --only train,val",
                what: "The training and validation archives of 2012."),
            Example(
                line: "imagenet-fetch manifest show --dataset ilsvrc2017 --json",
                what: "The data set of 2017, for programs."),
        ],
        run: { (_, _) in throw InternalError(message: "manifests cannot be shown yet") })

    static let manifestCheck = Command(
        name: "manifest check",
        summary: "is a manifest of one's own sound",
        detail: """
            Reads a manifest or a checksum list and says what it holds. What is wrong with it is \
            named by its place in the file; the run ends with status 10 then.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        examples: [
            Example(
                line: "imagenet-fetch manifest check my-data.json",
                what: "Is my-data.json a sound manifest?"),
            Example(
                line: "imagenet-fetch manifest check MD5SUMS",
                what: "The same for a list as md5sum writes it."),
        ],
        run: { (_, _) in throw InternalError(message: "manifests cannot be checked yet") })
}
