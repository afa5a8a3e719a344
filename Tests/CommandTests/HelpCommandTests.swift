import Testing

@testable import imagenet_fetch

/// What somebody types first.
@Suite struct HelpCommandTests {
    private func output(_ words: Word...) -> String {
        let world = World()
        let ending = Program(context: world.context).run(words)
        #expect(ending == .exit(.success), "\(words): \(world.error.text)")
        return world.output.text
    }

    @Test("help is --help, for the program, a command, a pair of words and their first word")
    func help() {
        #expect(output("help") == output("--help"))
        #expect(output("help", "fetch") == output("fetch", "--help"))
        #expect(output("help", "download") == output("fetch", "--help"))
        #expect(output("help", "mds", "verify") == output("mds", "verify", "--help"))
        #expect(output("help", "mds") == output("mds", "--help"))
        #expect(output("help", "torrent") == output("torrent", "--help"))
        #expect(output("help", "help").hasPrefix("usage: imagenet-fetch help "))
    }

    @Test("help of what is no command says which is meant")
    func unknown() {
        for words: [Word] in [["help", "fetsh"], ["help", "fetch", "verify"]] {
            let world = World()
            #expect(Program(context: world.context).run(words) == .exit(.usage))
            #expect(world.output.text == "")
        }
        let world = World()
        _ = world.run("help", "fetsh")
        #expect(world.error.text.contains("did you mean fetch?"))
    }

    @Test("the version by any of its names, with the libraries when asked")
    func version() {
        for word: Word in ["version", "-V", "--version"] {
            #expect(output(word) == "\(Version.line)\n")
            let long = output(word, "-v")
            #expect(long == output("--version", "--verbose"))
            #expect(long.contains(" libtorrent/2."))
        }
    }

    @Test("help and version need no sound config file")
    func config() {
        let world = World(environment: ["XDG_CONFIG_HOME": "/dev"])
        #expect(world.run("version") == .exit(.success))
    }

    @Test("-q and -v are --quiet and --verbose")
    func verbosity() {
        func verbosity(_ word: Word) -> Verbosity? {
            let captured = Captured()
            _ = Program(table: captured.table, context: World().context).run(["labels", word])
            return captured.arguments?.verbosity
        }
        #expect(verbosity("-q") == .quiet)
        #expect(verbosity("-v") == .verbose)
    }

    @Test("a command's help lists its own options first, and the common ones in one block")
    func order() throws {
        for spelling: Word in ["-h", "--help"] {
            let text = output("verify", spelling)
            let own = try #require(text.firstRange(of: "--pieces"))
            let common = try #require(text.firstRange(of: "Options of every command"))
            let data = try #require(text.firstRange(of: "--data DIR"))
            #expect(own.lowerBound < common.lowerBound && common.lowerBound < data.lowerBound)
            #expect(!text.contains("Look for .torrent files in this folder too."))
        }
        #expect(output("--help").contains("Look for .torrent files in this folder too."))
    }

    @Test("no command has options that mean nothing to it")
    func meaningless() {
        func options(_ name: String) -> Set<String> {
            let command = CommandTable.standard.commands.first { $0.name == name }
            return Set((command?.flags ?? []).map(\.long))
        }
        let status = options("status")
        #expect(status.isSuperset(of: ["mirror", "peer", "header", "sources", "check", "nagios"]))
        let downloading: Set = [
            "reserve", "seed-time", "max-download", "max-upload", "accept-terms", "trust-torrent",
        ]
        #expect(status.isDisjoint(with: downloading))
        #expect(options("squashfs").isDisjoint(with: ["slice", "seed", "label-space"]))
        #expect(!options("tfds").contains("seed"))
        #expect(options("tfds").isSuperset(of: ["slice", "label-space"]))
        #expect(options("mds").isSuperset(of: ["slice", "seed", "label-space"]))
    }

    @Test("--only completes the parts of the data sets, and help the commands")
    func completions() {
        let table = CommandTable.standard
        #expect(table.parts.contains("devkit") && Set(table.parts).count == table.parts.count)
        for text in [
            BashCompletion(table: table).text, ZshCompletion(table: table).text,
            FishCompletion(table: table).text,
        ] {
            #expect(text.contains(table.parts.joined(separator: " ")))
            #expect(text.contains(table.firstWords.joined(separator: " ")))
        }
    }
}
