import Disk
import Support
import Testing

/// Every command line of the README and of `docs/`, as a reader pastes it.
///
/// A block of `sh` is run, on a small data set that a config file names. A line of `notRun` is only
/// read by the shell, and by the command's own parser where it is a command of ours. So are the
/// lines of other blocks and the commands within sentences.
@Suite(.waiting) struct DocsTests {
    /// The only lines of `sh` that are not run, by what they begin with.
    private static let notRun: [(document: String?, begins: String, why: String)] = [
        (nil, "make ", "it builds the program"),
        (nil, "python train.py", "it is the reader's own program"),
        (nil, "mount ", "it needs root"),
        (nil, "train=$(mktemp -d)", "it is for the next lines"),
        (nil, "squashfuse ", "it needs FUSE"),
        (nil, "trap 'fusermount3", "it needs FUSE"),
        (nil, "ratarmount ", "it needs FUSE"),
        (nil, "apptainer ", "it needs Apptainer and a container"),
        (nil, "lfs ", "it needs Lustre"),
        (nil, "imagenet-fetch --only-train --lab", "FetchLabTests runs it"),
        (nil, "fetch=$(sbatch ", "SlurmTests runs it"),
        (nil, "convert=$(sbatch ", "SlurmTests runs it"),
        (nil, "merge=$(sbatch ", "SlurmTests runs it"),
        (nil, "sbatch ", "SlurmTests runs it"),
        (nil, "imagenet-fetch --only val --mirror /shared/imagenet ", "it reads /shared"),
        (nil, "useradd ", "it needs root"),
        (nil, "printf '%s\\n' all", "it writes to /etc"),
        (nil, "systemctl ", "it needs systemd and root"),
        (nil, "curl -fO https://mirror.example/", "that server does not exist"),
        (nil, "imagenet-fetch fetch --manifest ilsvrc2012.json", "it is that server's file"),
        (nil, "imagenet-fetch --mirror https://", "that server does not exist"),
        (nil, "imagenet-fetch list https://", "that server does not exist"),
        (nil, "imagenet-fetch --only val --mirror /nfs/copy/", "it writes to /data"),
        (nil, "imagenet-fetch fetch --mirror /nfs/imagenet/tar/", "it reads /nfs"),
        (nil, "imagenet-fetch sync --data /srv/imagenet --all", "it writes to /srv"),
        (nil, "imagenet-fetch seed --data /srv/imagenet", "it goes on until it is stopped"),
        (nil, "imagenet-fetch fetch --member n01440764.tar/", "a sample has no such image"),
        (nil, "imagenet-fetch fetch --dataset ilsvrc2017", "it wants room for 155 GiB"),
        (nil, "imagenet-fetch untar --dataset ilsvrc2017", "it unpacks 155 GiB"),
        ("docs/tutorial.md", "imagenet-fetch --only-train --dry-run\n", "it means the real one"),
        ("docs/tutorial.md", "imagenet-fetch\n", "it means the real one"),
        ("docs/tutorial.md", "imagenet-fetch untar\n", "it means the real one"),
    ]

    /// What a document's reader has before its first line.
    private static let before = [
        "README.md": "touch fetch.conf",
        "docs/clusters.md": "imagenet-fetch fetch",
        "docs/ilsvrc2017.md": """
        imagenet-fetch untar --fetch
        imagenet-fetch labels --format wnids >LABELS
        """,
        "docs/loaders.md": """
        imagenet-fetch fetch
        cp ../tutorial/tiny/tar/ILSVRC2012_img_test_patch_v10102019.tar PATCH
        """,
    ]

    @Test("every command of the documents works; those that cannot run here exist")
    func follow() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        var documents = try Markdown.all()[...]
        // The tutorial makes the sample that the others use.
        var listed = try Self.follow(documents.removeFirst(), in: path)
        try await withThrowingTaskGroup(of: Set<String>.self) { readers in
            func startOne() {
                guard let document = documents.popFirst() else { return }
                readers.addTask { try Self.follow(document, in: path) }
            }
            for _ in 0..<2 { startOne() }
            while let more = try await readers.next() {
                listed.formUnion(more)
                startOne()
            }
        }
        let unused = Set(Self.notRun.map(\.begins)).subtracting(listed)
        #expect(unused.isEmpty, "no document has these lines any more")
        withExtendedLifetime(folder) {}
    }

    /// - Returns: those lines of `notRun` that the document has.
    private static func follow(_ document: Markdown, in folder: Path) throws -> Set<String> {
        var found: Set<String> = []
        let reader = try Reader(of: document, in: folder)
        if let script = before[document.name] { try reader.run(script, "before") }
        for block in document.blocks {
            let place = "\(document.name):\(block.firstLine)"
            if block.language == "python" { try reader.write(block.text, to: "train.py") }
            var script = ""
            for line in block.commands {
                let listed = notRun.first {
                    [nil, document.name].contains($0.document)
                        && "\(line)\n".hasPrefix($0.begins)
                }
                #expect(block.language != "" || !isOurs(line), "\(place): it is no sh")
                if block.language == "sh", listed == nil {
                    script += line + "\n"
                } else if block.language == "sh" || isOurs(line) {
                    if let listed { found.insert(listed.begins) }
                    try reader.parse(bare(line), place)
                }
            }
            if !script.isEmpty { try reader.run(script, place) }
        }
        return found
    }

    /// A transcript has a `$` in front, a crontab the times.
    private static func bare(_ line: String) -> String {
        String(line.replacing(/^(\$ |([0-9*]+ +){5})/, with: ""))
    }

    private static func isOurs(_ line: String) -> Bool {
        bare(line).hasPrefix("imagenet-fetch ")
    }

    // MARK: Sentences

    /// A name to be chosen, and an option that no help shows.
    private static let others: Set<String> = ["layout NAME DIR", "--debug"]

    @Test("every command and every option that a sentence names exists")
    func sentences() throws {
        let folder = try TemporaryFolder()
        let reference = try Binary.run("generate", "reference").output
        let options = Set(reference.matches(of: /--[a-z0-9-]+/).map { String($0.output) })
        let commands = Set(reference.matches(of: /\n## ([a-z-]+)/).map { String($0.output.1) })
        #expect(options.count > 50 && commands.count > 15)
        for document in try Markdown.all() {
            let reader = try Reader(of: document, in: folder.path)
            for span in document.spans where !Self.others.contains(span) {
                for option in span.matches(of: /(?:^| )(--[a-z0-9-]+)/) where span.hasPrefix("--") {
                    #expect(options.contains(String(option.output.1)), "\(document.name): \(span)")
                }
                let words = span.split(separator: " ")
                let isOurs = span.hasPrefix("imagenet-fetch ")
                guard isOurs || words.count > 1 && commands.contains(String(words[0])),
                    !span.contains("|"), !span.contains("…")
                else { continue }
                // A sentence may name an option without its value, a command without its file.
                try reader.parse(
                    isOurs ? span : "imagenet-fetch \(span)", document.name, orSays: " needs ")
            }
        }
    }
}

/// Somebody who reads a document beside a shell, with the command in the `PATH`.
private struct Reader {
    private let home: Path
    private let environment: [String: String]

    /// Each document has a folder of its own. The tutorial makes the sample; in the others it takes
    /// the place of ImageNet.
    init(of document: Markdown, in folder: Path) throws {
        let name = document.name.replacing("docs/", with: "").replacing(".md", with: "")
        home = folder.appending(name)
        environment = ["XDG_CONFIG_HOME": "\(home)/config"]
        _ = try Folder.creating(home)
        guard name != "tutorial" else { return }
        let sample = folder.appending("tutorial/tiny")
        let config = """
            manifest \(sample)/manifest.json
            mirror \(sample)/tar/
            sources mirrors
            yes

            """
        try write(config, to: "config/imagenet-fetch/config")
        // A sample has none of the named subsets, so a file of that name stands in.
        for subset in ["imagenette", "imagenet100"] { try write("n01440764\n", to: subset) }
    }

    func write(_ text: String, to name: String) throws {
        let path = home.appending(name)
        try Folder.creating(path.parent).publish(path.lastComponent, Array(text.utf8))
    }

    func run(_ script: String, _ place: String, orSays excuse: String? = nil) throws {
        let path = "PATH=\(Path(Binary.absolute).parent):/usr/bin:$PATH"
        try shell(["-ec", "\(path)\n\(script)"], place, orSays: excuse)
    }

    /// The shell takes the line apart; a command of ours must know its words.
    ///
    /// - Parameter excuse: what an error may say.
    func parse(_ line: String, _ place: String, orSays excuse: String? = nil) throws {
        guard line == "imagenet-fetch" || line.hasPrefix("imagenet-fetch ") else {
            return try shell(["-n", "-c", line], place)
        }
        let parser = "imagenet-fetch() { command imagenet-fetch parse -- \"$@\"; }"
        try run("\(parser)\n\(line)", place, orSays: excuse)
    }

    private func shell(_ words: [String], _ place: String, orSays excuse: String? = nil) throws {
        let result = try Support.run(
            "bash", words, in: home.description, environment: environment)
        if let excuse, result.errors.contains(excuse) { return }
        #expect(
            result.status == 0, "\(place): \(words.last ?? "")\n\(result.output)\(result.errors)")
    }
}
