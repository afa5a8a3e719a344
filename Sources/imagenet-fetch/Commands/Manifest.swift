import Checksums
import DatasetManifest
import Disk

/// The options of `manifest show`.
struct ManifestArguments: Sendable, Equatable {
    enum ListKind: String, CaseIterable, Sendable {
        case md5, sha1, sha256, xxh64
        var algorithm: DigestAlgorithm { DigestAlgorithm(rawValue: rawValue) ?? .md5 }
    }

    var checksums: ListKind?
}

extension Command {
    static let manifestShow = Command(
        name: "manifest show",
        summary: "the data sets known, and their files",
        detail: """
            Shows the data sets that are known, each with its files: size, part, digests and \
            sources. With --dataset or --manifest it shows that one, with --only or --all its files \
            alone.

            With --checksums it prints a list that md5sum, sha256sum and their like check.
            """,
        flags: Flag.selection + [
            Flag(
                "checksums", .choice as ValueKind<ManifestArguments.ListKind>,
                help: "print a checksum list instead",
                detail: """
                    Print the digests of this kind as a list that md5sum, sha1sum, sha256sum or \
                    xxh64sum check with -c.
                    """
            ) { $0.manifests.checksums = $1 }
        ],
        examples: [
            Example(
                line: "imagenet-fetch manifest show", what: "What is known of every data set."),
            Example(
                line: "imagenet-fetch manifest show --dataset ilsvrc2012 --only train,val",
                what: "The training and validation archives of 2012."),
            Example(
                line: "imagenet-fetch manifest show --dataset ilsvrc2017 --json",
                what: "The data set of 2017, for programs."),
            Example(
                line: "imagenet-fetch manifest show --all --checksums md5",
                what: "All known MD5 digests, as md5sum writes them."),
        ],
        run: ManifestCommands.show)

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
        run: ManifestCommands.check)
}

private enum ManifestCommands {
    static func show(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let isOne = arguments.manifest != nil || arguments.dataset != nil
        if arguments.isJSON, arguments.manifests.checksums != nil {
            throw UsageError(
                .conflict, "--checksums and --json exclude each other",
                hint: "--json has the digests too")
        }
        let narrows = !arguments.selection.isDefault || arguments.manifests.checksums != nil
        let manifests =
            isOne || narrows ? [try arguments.chosenManifest(context)] : BuiltIn.manifests
        for manifest in manifests {
            let files = try chosen(arguments, manifest)
            if let kind = arguments.manifests.checksums {
                try list(kind, files, context)
            } else if arguments.isJSON {
                for file in files { try context.console.result(json(file, manifest)) }
            } else {
                try table(files, manifest, context)
            }
        }
        return .success
    }

    /// What was chosen; without a choice all, for here nothing is fetched.
    private static func chosen(
        _ arguments: Arguments, _ manifest: Manifest
    ) throws -> [ManifestFile] {
        if arguments.selection.isDefault || arguments.selection.isAll { return manifest.files }
        let selected = try manifest.select(arguments.selection.forManifest)
        return selected.files + selected.manual + selected.superseded
    }

    private static func table(
        _ files: [ManifestFile], _ manifest: Manifest, _ context: Context
    ) throws {
        let title = manifest.title.map { ": \(escaped($0))" } ?? ""
        try context.console.result("\(escaped(manifest.name))\(title)")
        var table = Table(["  file", "part", "size", "proof", "sources"], rightAligned: [2])
        for file in files {
            table.add([
                "\(file.isDefault ? "*" : " ") \(escaped(file.name))", escaped(file.part),
                size(file), file.digests.map(\.algorithm.rawValue).joined(separator: " "),
                sources(file),
            ])
        }
        for line in table.lines { try context.console.result(line) }
        if files.contains(where: \.isDefault) {
            try context.console.result("* what is taken when nothing is chosen")
        }
        try context.console.result("")
    }

    private static func size(_ file: ManifestFile) -> String {
        if let size = file.size { return Shown.bytes(size) }
        return file.sizeAbout.map { "about \(Shown.bytes($0))" } ?? "unknown"
    }

    private static func sources(_ file: ManifestFile) -> String {
        switch file.source {
        case .manual: return "by hand"
        case .superseded(let by): return by.map { "superseded by \(escaped($0))" } ?? "superseded"
        case .mirrors:
            let mirrors = file.mirrors.count
            let parts = [
                file.torrent != nil ? "torrent" : nil,
                mirrors == 0 ? nil : Shown.counted(mirrors, "mirror", "mirrors"),
            ]
            let text = parts.compactMap { $0 }.joined(separator: ", ")
            return text.isEmpty ? "none" : text
        }
    }

    private static func json(_ file: ManifestFile, _ manifest: Manifest) -> JSON {
        let digests = file.digests.map {
            JSON.Member(key: $0.algorithm.rawValue, value: .string($0.hex))
        }
        let source: String
        switch file.source {
        case .mirrors: source = "mirrors"
        case .manual: source = "manual"
        case .superseded: source = "superseded"
        }
        return .line(
            schema: "imagenet-fetch.manifest-file/1",
            [
                "dataset": .string(manifest.name), "file": .string(file.name),
                "part": .string(file.part), "role": .string(file.role.rawValue),
                "default": .bool(file.isDefault), "size": file.size.map { .int($0) },
                "sizeAbout": file.sizeAbout.map { .int($0) }, "digests": .object(digests),
                "torrent": file.torrent.map { .string($0.hex) },
                "mirrors": .array(file.mirrors.map { .string($0) }), "source": .string(source),
            ])
    }

    private static func list(
        _ kind: ManifestArguments.ListKind, _ files: [ManifestFile], _ context: Context
    ) throws {
        for file in files {
            guard let digest = file.digest(kind.algorithm) else {
                context.console.note("\(escaped(file.name)) has no known \(kind.rawValue)")
                continue
            }
            // Two blanks: text mode, which is all there is on Linux (sha256sum(1)).
            try context.console.result("\(digest.hex)  \(file.name)")
        }
    }

    static func check(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        guard let word = arguments.positionals.first else { return .usage }
        let path = Path(bytes: word.bytes)
        let manifest = try Arguments.read(context.resolve(path), context)
        // A checksum list says nothing of sizes and sources, and is not meant to.
        let isList = manifest.files.allSatisfy { $0.part == ChecksumList.part }
        let warnings = isList ? [] : manifest.check()
        if arguments.isJSON {
            try context.console.result(
                .line(
                    schema: "imagenet-fetch.manifest-check/1",
                    [
                        "path": .path(path), "name": .string(manifest.name),
                        "files": .int(Int64(manifest.files.count)),
                        "warnings": .array(warnings.map { .string($0) }),
                    ]))
            return .success
        }
        for warning in warnings { context.console.warn(warning) }
        let count = manifest.files.count
        let files = "\(count) \(count == 1 ? "file" : "files")"
        let bytes = manifest.files.reduce(Int64(0)) { sum, file in
            let (next, overflow) = sum.addingReportingOverflow(file.size ?? 0)
            return overflow ? .max : next
        }
        let what = isList ? "a checksum list, \(files)" : "\(files), \(Shown.bytes(bytes))"
        try context.console.result("\(path): sound (\(what))")
        return .success
    }
}
