import Disk
import SampleData
import Support
import Testing
import TorrentFetch

@testable import imagenet_fetch

@Suite struct ConfigFileTests {
    private func parse(_ text: String) throws -> [ConfigFile.Line] {
        try ConfigFile.parse(Array(text.utf8), path: "c")
    }

    private func line(_ number: Int, _ name: String, _ value: String?) -> ConfigFile.Line {
        .init(number: number, name: name, value: value.map { Array($0.utf8) })
    }

    @Test(
        "an option is written with or without dashes and equals sign",
        arguments: [
            "--data /mnt/x", "--data=/mnt/x", "data /mnt/x", "data=/mnt/x", "data = /mnt/x",
            "  data\t=  /mnt/x \t", "data = /mnt/x\r", "data \"/mnt/x\"", "data='/mnt/x'",
            "\u{FEFF}data /mnt/x",
        ])
    func spellings(text: String) throws {
        #expect(try parse(text) == [line(1, "data", "/mnt/x")])
    }

    @Test("comments and empty lines are passed over and counted")
    func comments() throws {
        let text = "# first\n\n   \t\n  # more\nquiet\n\ndata = /a#b # c\n"
        #expect(try parse(text) == [line(5, "quiet", nil), line(7, "data", "/a#b # c")])
        #expect(try parse("") == [])
    }

    @Test("a value may be empty, and may hold equals signs and quotes")
    func values() throws {
        #expect(try parse("data =") == [line(1, "data", "")])
        #expect(try parse("header = 'X: a=b'") == [line(1, "header", "X: a=b")])
        #expect(try parse("a = \"") == [line(1, "a", "\"")])
        #expect(try parse("a = x\"y") == [line(1, "a", "x\"y")])
        #expect(try parse("a = ==") == [line(1, "a", "==")])
    }

    @Test(
        "what is no option is refused by its line",
        arguments: [
            ("quiet\n= x\n", 2), ("quiet\n\n-y\n", 3), ("da ta\n/x = 1", 2), ("a\u{0}b", 1),
            ("a = \u{1B}[31m", 1), ("---a b", 1), ("--", 1), ("ä = 1", 1), ("a\n\u{7F}", 2),
        ])
    func faults(text: String, number: Int) {
        let error = #expect(throws: ConfigFault.self) { try parse(text) }
        #expect(error?.line == number)
        #expect(error?.message.hasPrefix("c:\(number): ") == true)
        #expect(error?.message.contains("\u{1B}") == false)
    }

    @Test("a file has no more than its limits")
    func limits() throws {
        let lines = String(repeating: "quiet\n", count: ConfigFile.lineLimit)
        #expect(try parse(lines).count == ConfigFile.lineLimit)
        #expect(throws: ConfigFault.self) { try parse(lines + "quiet\n") }
        let comment = "#" + String(repeating: "x", count: ConfigFile.byteLimit - 1)
        #expect(try parse(comment) == [])
        #expect(throws: ConfigFault.self) { try parse(comment + "x") }
    }

    @Test("random bytes are parsed or refused, never worse")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<80)).map { _ -> UInt8 in
                let alphabet = Array("ab-=# \"'\n\r\t\0".utf8) + [0xFF, 0xC3, 0xEF, 0xBB, 0xBF]
                return alphabet.randomElement(using: &generator) ?? 0
            }
            guard let lines = try? ConfigFile.parse(bytes, path: "c") else { continue }
            for line in lines { #expect(!line.name.isEmpty && !line.name.hasPrefix("-")) }
        }
    }
}

@Suite struct ConfigurationTests {
    @Test("the nearer place goes first: command line, environment, own file, the system's")
    func precedence() throws {
        let folder = try TemporaryFolder()
        let own = folder.path.appending("home/.config/imagenet-fetch/config")
        try put(
            "data = /system\nstate = /system\ndataset = two\n",
            at: folder.path.appending("etc/imagenet-fetch.conf"))
        try put("--data /own\nstate /own\nquiet\n", at: own)
        let home = Word(bytes: folder.path.appending("home").bytes)

        let world = World(environment: ["HOME": home], folder: folder.path)
        let plain = arguments("labels", in: world)
        #expect(plain?.data == "/own")
        #expect(plain?.state == "/own")
        #expect(plain?.dataset == "two")
        #expect(plain?.verbosity == .quiet)

        let variable = World(
            environment: ["HOME": home, "IMAGENET_FETCH_DATA": "/variable"], folder: folder.path)
        #expect(arguments("labels", in: variable)?.data == "/variable")
        let line = arguments("labels", "--data=/line", "--no-quiet", in: variable)
        #expect(line?.data == "/line")
        #expect(line?.verbosity == .normal)
        #expect(line?.state == "/own")
    }

    @Test("--dataset and --manifest are one choice: the nearer place has it, and no place both")
    func oneDataSet() throws {
        let folder = try TemporaryFolder()
        try put("manifest = m\n", at: folder.path.appending("etc/imagenet-fetch.conf"))
        let world = World(folder: folder.path)
        #expect(arguments("labels", in: world)?.manifest == "m")
        let named = arguments("labels", "--dataset", "ilsvrc2017", in: world)
        #expect(named?.dataset == "ilsvrc2017" && named?.manifest == nil)
        let both = refusal("labels", "--dataset", "x", "--manifest", "m")
        #expect(both.contains("--dataset and --manifest cannot be used together"))
    }

    @Test("an option that is a switch of one command and takes a value of another is not both")
    func ownMeaning() throws {
        let folder = try TemporaryFolder()
        try put("sources mirrors\n", at: folder.path.appending("etc/imagenet-fetch.conf"))
        let world = World(folder: folder.path)
        #expect(arguments("fetch", in: world)?.fetch.options.sources == .mirrors)
        #expect(arguments("status", in: world)?.status.asksSources == false)
        #expect(arguments("status", "--sources", in: world)?.status.asksSources == true)
    }

    @Test("XDG_CONFIG_HOME is looked at in place of ~/.config, if it is absolute")
    func xdg() throws {
        let folder = try TemporaryFolder()
        try put("data = /xdg\n", at: folder.path.appending("x/imagenet-fetch/config"))
        try put("data = /home\n", at: folder.path.appending(".config/imagenet-fetch/config"))
        let home = Word(bytes: folder.path.bytes)
        let xdg = Word(bytes: folder.path.appending("x").bytes)
        let both = World(environment: ["HOME": home, "XDG_CONFIG_HOME": xdg])
        #expect(arguments("labels", in: both)?.data == "/xdg")
        let relative = World(environment: ["HOME": home, "XDG_CONFIG_HOME": "x"])
        #expect(arguments("labels", in: relative)?.data == "/home")
    }

    @Test("--config names the one file that is read")
    func named() throws {
        let folder = try TemporaryFolder()
        try put("data = /system\n", at: folder.path.appending("etc/imagenet-fetch.conf"))
        try put("state = /named\n", at: folder.path.appending("mine"))
        let world = World(folder: folder.path)
        let given = arguments("--config", "mine", "labels", in: world)
        #expect(given?.state == "/named")
        #expect(given?.data == nil)
        #expect(refusal("labels", "--config=gone", in: world).contains("gone: no such file"))
        #expect(refusal("labels", "--config=", in: World()).contains("bad value \"\" for --config"))
        #expect(refusal("labels", "--config=etc", in: World(folder: folder.path)).contains("etc"))
    }

    @Test(
        "faults are told with file and line, and end with 2",
        arguments: [
            ("quiet\ndta = /x\n", "2: unknown option --dta (did you mean --data? see --help)"),
            ("data\n", "1: --data needs a value (DIR; see --help)"),
            ("\n\njson = yes\n", "3: --json takes no value (see --help)"),
            ("progress = now\n", "1: bad value \"now\" for --progress"),
            ("config = other\n", "1: --config is not allowed in a config file"),
            ("help\n", "1: --help is not allowed in a config file"),
            ("version\n", "1: --version is not allowed in a config file"),
            ("-y\n", "1: \"-y\" is not an option"),
        ])
    func faults(text: String, expected: String) throws {
        let folder = try TemporaryFolder()
        try put(text, at: folder.path.appending("mine"))
        let told = refusal("labels", "--config=mine", in: World(folder: folder.path))
        #expect(told.contains("error: \(folder.path)/mine:\(expected)"))
    }

    @Test("an option that only other commands take is passed over")
    func foreign() throws {
        let folder = try TemporaryFolder()
        try put("seed = 3\ndata = /x\nonly-val\n", at: folder.path.appending("mine"))
        let world = World(folder: folder.path)
        #expect(arguments("labels", "--config=mine", in: world)?.data == "/x")
        #expect(
            arguments("labels", "--config=mine", in: world)?.sample.seed
                == SampleDataset.Options().seed)
        #expect(arguments("sample", "d", "--config=mine", in: world)?.sample.seed == 3)
    }

    @Test("a choice of files on the command line sets the file's choice aside")
    func selection() throws {
        let folder = try TemporaryFolder()
        try put("only-val\n", at: folder.path.appending("mine"))
        let world = World(folder: folder.path)
        #expect(
            arguments("manifest", "show", "--config=mine", in: world)?.selection.names == ["val"])
        #expect(
            arguments("manifest", "show", "--config=mine", "--only-train", in: world)?.selection
                .names == ["train"])
    }
}
