import Disk
import TorrentFetch
import Testing

@testable import imagenet_fetch

@Suite struct ParserTests {
    /// A table with one option of each shape, for what the real ones do not have yet.
    private static let table = CommandTable(commands: [
        Command(
            name: "try", aliases: ["attempt"], summary: "s", detail: "D.",
            positionals: [.init(name: "WHAT", isOptional: true, repeats: true)],
            flags: [
                Flag("size", .size, isRepeatable: true, help: "h", detail: "D.") {
                    $0.positionals.append(Word("size \($1)"))
                }
            ], examples: [], run: { (_, _) in .success })
    ])

    @Test("options may stand before, between and behind the other words")
    func anywhere() {
        for words: [Word] in [
            ["--data", "/x", "labels", "207", "--json"], ["labels", "--data=/x", "207", "--json"],
            ["--json", "--data", "/x", "labels", "207"],
        ] {
            let captured = Captured()
            _ = Program(table: captured.table, context: World().context).run(words)
            #expect(captured.arguments?.data == "/x")
            #expect(captured.arguments?.isJSON == true)
            #expect(captured.arguments?.positionals == ["207"])
        }
    }

    @Test("nothing behind -- is an option")
    func doubleDash() {
        #expect(
            arguments("labels", "--", "--json", "-h", "--")?.positionals == ["--json", "-h", "--"])
        #expect(arguments("--", "labels", "x")?.positionals == ["x"])
        #expect(arguments("labels", "-")?.positionals == ["-"])
    }

    @Test("short options are read in one word, the last with its value")
    func bundles() {
        #expect(arguments("labels", "-yy")?.asksNothing == true)
        #expect(refusal("labels", "-yz").contains("unknown option -z "))
        #expect(refusal("labels", "-z").contains("unknown option -z "))
        #expect(refusal("labels", "-data", "x").contains("-data (did you mean --data? see --help)"))
    }

    @Test("a value may look like anything but one of our own options")
    func values() {
        #expect(arguments("labels", "--data", "-x")?.data == "-x")
        #expect(arguments("labels", "--data", "labels")?.data == "labels")
        #expect(arguments("labels", "--data=--json")?.data == "--json")
        #expect(refusal("labels", "--data", "--json").contains("--data needs a value (DIR;"))
        #expect(refusal("labels", "--data", "-y").contains("--data needs a value"))
    }

    @Test("the last value of an option counts")
    func last() {
        #expect(arguments("labels", "--data=/a", "--data=/b")?.data == "/b")
    }

    @Test("an option that may come again is applied each time")
    func repeatable() throws {
        guard
            case .run(_, let invocation) = try Self.table.request([
                "try", "--size=1K", "--size", "2",
            ])
        else {
            Issue.record("not run")
            return
        }
        var arguments = Arguments()
        for setting in invocation.settings { try setting.apply(to: &arguments) }
        #expect(arguments.positionals == ["size 1024", "size 2"])
    }

    @Test("an alias is the command")
    func alias() throws {
        guard case .run(let command, let rest) = try Self.table.request(["attempt", "x"]) else {
            Issue.record("not run")
            return
        }
        #expect(command.name == "try")
        #expect(rest.positionals == ["x"])
    }

    @Test(
        "an unknown option names the nearest one, in one line",
        arguments: [
            ("--dta", "--data"), ("--jsn", "--json"), ("--datset=x", "--dataset"),
            ("--verbos", "--verbose"), ("--form", "--format"), ("--quite", "--quiet"),
            ("--no-jsno", "--no-json"),
        ])
    func nearestOption(typed: String, meant: String) {
        let name = typed.split(separator: "=")[0]
        #expect(
            refusal("labels", Word(typed))
                == "imagenet-fetch: error: unknown option \(name) "
                + "(did you mean \(meant)? see --help)\n")
    }

    @Test("an unknown option that is like none is told without a guess")
    func unknownOption() {
        #expect(
            refusal("labels", "--zzzzzzzz=1")
                == "imagenet-fetch: error: unknown option --zzzzzzzz (see --help)\n")
        #expect(refusal("labels", "--data\u{1B}[31m").contains("--data\\x1b[31m "))
        let long = Word("--" + String(repeating: "x", count: 100_000))
        #expect(refusal("labels", long).utf8.count < 400)
        #expect(refusal("labels", Word(bytes: [0x2D, 0x2D, 0xFF])).contains("--\\xff "))
    }

    @Test("an unknown command names the nearest one")
    func unknownCommand() {
        #expect(
            refusal("lables")
                == "imagenet-fetch: error: unknown command \"lables\" "
                + "(did you mean labels? see --help)\n")
        #expect(refusal("manifest", "shwo").contains("did you mean manifest show?"))
        #expect(refusal("manifest").contains("manifest needs a subcommand (show, check;"))
        #expect(refusal("qqqqqqq").contains("\"qqqqqqq\" (see --help)"))
        #expect(!refusal("genrate").contains("generate?"))
    }

    @Test("of several mistakes the first in the line is told")
    func firstMistake() {
        #expect(refusal("--dta", "/x", "labels").contains("unknown option --dta"))
        #expect(refusal("lables", "--dta").contains("unknown command \"lables\""))
    }

    @Test("an option of another command says whose it is")
    func foreignOption() {
        #expect(
            refusal("labels", "--per-class=3")
                == "imagenet-fetch: error: --per-class is an option of sample (see --help)\n")
        #expect(refusal("sample", "x", "--rows=3").contains("--rows is an option of parquet"))
    }

    @Test("an option of several other commands names them all")
    func foreignToSeveral() {
        let shards = Flag("shards", .count(), help: "h", detail: "D.") { (_, _) in }
        let commands = [("bbox", []), ("tfrecord", [shards]), ("webdataset", [shards])].map {
            Command(
                name: $0, summary: "s", detail: "D.", flags: $1, examples: [],
                run: { (_, _) in .success })
        }
        let error = #expect(throws: UsageError.self) {
            try CommandTable(commands: commands).request(["bbox", "--shards=2"])
        }
        #expect(error?.message == "--shards is an option of tfrecord, webdataset (see --help)")
    }

    @Test("options without a command mean fetch")
    func defaultCommand() throws {
        let fetch = Command(
            name: "fetch", summary: "s", detail: "D.", flags: Flag.selection, examples: [],
            run: { (_, _) in .success })
        guard
            case .run(let command, _) = try CommandTable(commands: [fetch]).request(["--only-val"])
        else {
            Issue.record("not run")
            return
        }
        #expect(command.name == "fetch")
    }

    @Test("words are counted")
    func positionals() {
        #expect(refusal("sample").contains("sample needs DIR (see sample --help)"))
        #expect(refusal("sample", "a", "b").contains("sample does not take \"b\""))
        #expect(refusal("manifest", "show", "x").contains("manifest show does not take \"x\""))
        #expect(arguments("labels", "1", "2", "3")?.positionals.count == 3)
        #expect(
            refusal("generate", "pdf").contains(
                "(choose from man, reference, bash, zsh, fish, python)"))
    }

    @Test("help and the version win over every mistake")
    func early() {
        for words: [Word] in [
            ["--bogus", "--help"], ["lables", "-h"], ["labels", "--data", "--help"],
            ["labels", "--json=1", "--version"], ["-yh"], ["sample", "--help", "--seed=x"],
            ["--config", "/nowhere/at/all", "--version"], ["manifest", "--help"],
        ] {
            let world = World()
            #expect(Program(context: world.context).run(words) == .exit(.success))
            #expect(!world.output.text.isEmpty)
            #expect(world.error.text.isEmpty)
        }
    }

    @Test("the version is one line, and two with --verbose")
    func version() {
        let world = World()
        #expect(world.run("--version") == .exit(.success))
        #expect(world.output.take() == "imagenet-fetch 0.2.0\n")
        _ = world.run("--version", "--verbose")
        let lines = world.output.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains("libcurl/") == true)
        #expect(lines.last?.contains("OpenSSL/3") == true)
    }

    @Test("the command in front decides how an option is read that several have")
    func leading() throws {
        #expect(arguments("status", "--sources", "--json")?.status.asksSources == true)
        #expect(arguments("fetch", "--sources", "swarm")?.fetch.options.sources.rawValue == "swarm")
        #expect(arguments("--sources", "mirrors")?.fetch.options.sources.rawValue == "mirrors")
        #expect(refusal("fetch", "--sources").contains("--sources needs a value"))
    }

    @Test("other options of the same name agree on taking a value, wherever they stand")
    func agreement() {
        var seen: [String: Bool] = [:]
        for flag in Flag.common + CommandTable.standard.commands.flatMap(\.flags) {
            for spelling in flag.spellings where spelling != "--sources" {
                #expect(seen[spelling] ?? flag.takesValue == flag.takesValue, "\(spelling)")
                seen[spelling] = flag.takesValue
            }
        }
    }

    @Test("no command has two options of one name")
    func unique() {
        for command in CommandTable.standard.commands {
            let spellings = command.allFlags.flatMap(\.spellings)
            #expect(Set(spellings).count == spellings.count, "\(command.name)")
        }
    }

    @Test("edit distance counts a swap as one")
    func distance() {
        #expect(editDistance([], []) == 0)
        #expect(editDistance(Array("abc".utf8), []) == 3)
        #expect(editDistance(Array("lables".utf8), Array("labels".utf8)) == 1)
        #expect(editDistance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    }
}
