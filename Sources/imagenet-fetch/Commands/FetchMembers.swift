import DatasetManifest
import Disk
import TorrentFetch

/// `fetch --member`: single members of archives.
struct FetchMembers {
    private let arguments: Arguments
    private let context: Context
    private let manifest: Manifest

    init(_ arguments: Arguments, _ context: Context) throws {
        if arguments.fetch.isDryRun {
            throw UsageError(
                .conflict, "--member and --dry-run cannot be used together (see --help)")
        }
        if arguments.fetch.timeLimit != nil {
            throw UsageError(
                .conflict, "--member and --time-limit cannot be used together (see --help)")
        }
        self.arguments = arguments
        self.context = context
        manifest = try arguments.chosenManifest(context)
    }

    func run(_ listening: StopRequest?) throws -> ExitStatus {
        let wanted = try arguments.fetch.members.map { path in
            guard let name = MemberName(path) else {
                throw UsageError(
                    .badValue, "refused the member \(path): it is no path inside an archive")
            }
            return (name, try archive(of: name))
        }
        let options = try FetchCommand.options(arguments, context)
        let fetcher = MemberFetcher(arguments.folder(context), options)
        let terms = Terms(manifest, arguments, context)
        terms.show()
        try terms.remember()
        let stop = (listening ?? context.listenForSignals()).asCheck
        return try Report.each(of: wanted, context) { name, file in
            try tell(try fetcher.fetch(name, of: file, stop: stop), name, file)
        }
    }

    private func tell(
        _ fetched: MemberFetcher.Fetched, _ name: MemberName, _ file: ManifestFile
    ) throws {
        if arguments.isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.fetch/1",
                [
                    "event": "member", "file": .string(file.name), "member": .path(name.path),
                    "path": .path(fetched.path), "bytes": .int(fetched.bytes),
                    "proof": .string(fetched.proof.rawValue), "source": .string(fetched.source),
                    "wasThere": .bool(fetched.wasThere),
                ])
        }
        let proof = fetched.proof == .none ? "NOT VERIFIED" : "verified"
        let origin = fetched.wasThere ? "was there" : "from \(fetched.source)"
        try context.console.result(
            "\(fetched.path): \(proof), \(Shown.bytes(fetched.bytes)), \(origin)")
    }

    /// The archive that has a member: the chosen one, or the one that its name speaks of.
    private func archive(of name: MemberName) throws -> ManifestFile {
        let isChosen = !arguments.selection.isDefault
        let files =
            isChosen
            ? try manifest.select(arguments.selection.forManifest).files : manifest.files
        if isChosen, files.count == 1 { return files[0] }
        let role = role(of: name)
        let fitting = files.filter { $0.role == role && role != nil }
        let usual = fitting.filter(\.isDefault)
        if let file = fitting.count == 1 ? fitting.first : usual.count == 1 ? usual.first : nil {
            return file
        }
        let why = role == nil ? "its name does not say which archive has it" : "no archive fits it"
        throw UsageError(
            .badValue, "cannot fetch \(name): \(why)",
            hint: "name the archive with --only-train, --only-val or --only NAME")
    }

    private func role(of name: MemberName) -> ManifestFile.Role? {
        if let tar = name.container?.lastComponent, WNID(bytes: tar.bytes.dropLast(4)) != nil {
            return .trainImages
        }
        let text = name.name.description
        return text.contains("_val_") ? .valImages : text.contains("_test_") ? .testImages : nil
    }
}
