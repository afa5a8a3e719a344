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
        summary: "show the known data sets and their files",
        detail: """
            Shows the known data sets, each with its files: size, part, digests and sources. \
            --dataset or --manifest shows only that one; --only or --all shows only its files.

            With --checksums it prints a list for md5sum, sha256sum and their like.
            """,
        flags: Flag.selection + [
            Flag(
                "checksums", .choice as ValueKind<ManifestArguments.ListKind>,
                help: "print a checksum list instead",
                detail: """
                    Print the digests of this kind as a list that md5sum, sha1sum, sha256sum or \
                    xxh64sum can check with -c.
                    """
            ) { $0.manifests.checksums = $1 }
        ],
        examples: [
            Example("manifest show", "All known data sets."),
            Example(
                "manifest show --dataset ilsvrc2012 --only train,val",
                "The training and validation archives of 2012."),
            Example(
                "manifest show --dataset ilsvrc2017 --json", "The data set of 2017, for programs."),
            Example(
                "manifest show --all --checksums md5",
                "All known MD5 digests, as md5sum writes them."),
        ],
        run: ManifestCommands.show)

    static let manifestCheck = Command(
        name: "manifest check",
        summary: "check your own manifest for errors",
        detail: """
            Reads a manifest or a checksum list and says what it holds. Errors are reported with \
            their place in the file, and the exit status is then 10.
            """,
        positionals: [.init(name: "FILE", completion: .files)],
        examples: [
            Example("manifest check my-data.json", "Is my-data.json a valid manifest?"),
            Example("manifest check MD5SUMS", "The same for a checksum list."),
        ],
        run: ManifestCommands.check)
}

private enum ManifestCommands {
    static func show(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let isOne = arguments.manifest != nil || arguments.dataset != nil
        if arguments.isJSON, arguments.manifests.checksums != nil {
            throw UsageError(
                .conflict, "--checksums and --json cannot be used together",
                hint: "--json prints the digests too")
        }
        let narrows = !arguments.selection.isDefault || arguments.manifests.checksums != nil
        let manifests =
            isOne || narrows ? [try arguments.chosenManifest(context)] : BuiltIn.manifests
        for manifest in manifests {
            let files = try arguments.chosenFiles(manifest) ?? manifest.files
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

    private static func table(
        _ files: [ManifestFile], _ manifest: Manifest, _ context: Context
    ) throws {
        let title = manifest.title.map { ": \(escaped($0))" } ?? ""
        try context.console.result("\(escaped(manifest.name))\(title)")
        var table = Table(["  file", "part", "size", "digests", "sources"], rightAligned: [2])
        for file in files {
            table.add([
                "\(file.isDefault ? "*" : " ") \(escaped(file.name))", escaped(file.part),
                size(file), file.digests.map(\.algorithm.rawValue).joined(separator: " "),
                sources(file),
            ])
        }
        for line in table.lines { try context.console.result(line) }
        if files.contains(where: \.isDefault) {
            try context.console.result("* chosen by default")
        }
        if !manifest.subsets.isEmpty {
            let subsets = manifest.subsets.map {
                "\(escaped($0.name)) (\(Shown.counted($0.wnids.count, "class", "classes")))"
            }
            try context.console.result("subsets: " + subsets.joined(separator: ", "))
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
            // Two blanks mean text mode, the only mode on Linux (sha256sum(1)).
            try context.console.result("\(digest.hex)  \(file.name)")
        }
    }

    static func check(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let path = arguments.path
        let manifest = try Arguments.read(context.resolve(path), context)
        // A checksum list has no sizes and sources.
        let isList = manifest.files.allSatisfy { $0.part == ChecksumList.part }
        let warnings = isList ? [] : manifest.check()
        if arguments.isJSON {
            try context.console.result(
                schema: "imagenet-fetch.manifest-check/1",
                [
                    "path": .path(path), "name": .string(manifest.name),
                    "files": .int(Int64(manifest.files.count)),
                    "warnings": .array(warnings.map { .string($0) }),
                ])
            return .success
        }
        for warning in warnings { context.console.warn(warning) }
        let files = Shown.counted(manifest.files.count, "file", "files")
        let bytes = manifest.files.compactMap(\.size).limitedSum
        let what = isList ? "a checksum list, \(files)" : "\(files), \(Shown.bytes(bytes))"
        try context.console.result("\(path): valid (\(what))")
        return .success
    }
}
