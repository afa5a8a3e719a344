import Disk
import Support
import Testing

@testable import imagenet_fetch

@Suite struct DocumentsTests {
    private static let root = Path(#filePath).parent.parent.parent

    private func committed(_ name: String) throws -> String {
        let file = try FileDescriptor(Self.root.appending(name), .reading)
        return String(decoding: try file.contents(limit: 1 << 20), as: UTF8.self)
    }

    private var shownFlags: [Flag] {
        (Flag.common + CommandTable.standard.commands.flatMap(\.flags)).filter { !$0.isHidden }
    }

    @Test(
        "the committed documents are the ones that the tables make",
        arguments: [
            ("man", "man/imagenet-fetch.1"), ("bash", "completions/imagenet-fetch.bash"),
            ("zsh", "completions/_imagenet-fetch"), ("fish", "completions/imagenet-fetch.fish"),
            ("python", "python/imagenet_fetch/commands.py"),
        ])
    func snapshot(kind: String, name: String) throws {
        let world = World()
        #expect(world.run("generate", Word(kind)) == .exit(.success))
        #expect(world.output.text == (try committed(name)), "run `make docs`")
    }

    @Test("every document has every option in every spelling, and every command")
    func complete() {
        let table = CommandTable.standard
        let man = ManPage(table: table).text
        let bash = BashCompletion(table: table).text
        let zsh = ZshCompletion(table: table).text
        let fish = FishCompletion(table: table).text
        for flag in shownFlags {
            for spelling in flag.spellings {
                #expect(bash.contains(spelling), "\(spelling)")
                #expect(zsh.contains(")\(spelling)") || zsh.contains("*\(spelling)"), "\(spelling)")
                let isLong = spelling.hasPrefix("--")
                let name = spelling.drop { $0 == "-" }
                #expect(fish.contains(isLong ? "-l \(name)" : "-s \(name)"), "\(spelling)")
                let escaped = name.split(separator: "-").joined(separator: "\\-")
                #expect(man.contains(isLong ? "Fl \\-\(escaped)" : "Fl \(name)"), "\(spelling)")
            }
        }
        for command in table.shown {
            for word in command.words {
                for text in [bash, zsh, fish] { #expect(text.contains(word)) }
            }
            #expect(man.contains(".Ss \(command.name)"))
        }
    }

    @Test("the help of a command has all its options, short and long")
    func commandHelp() {
        for command in CommandTable.standard.commands {
            for spelling in ["-h", "--help"] {
                let world = World()
                let ending = Program(context: world.context)
                    .run(command.words.map { Word(String($0)) } + [Word(spelling)])
                #expect(ending == .exit(.success))
                let text = world.output.text
                #expect(text.hasPrefix("usage: imagenet-fetch \(command.name) "))
                for flag in command.allFlags where !flag.isHidden {
                    #expect(text.contains("  \(flag.synopsis)"), "\(command.name) \(flag.long)")
                }
            }
        }
    }

    @Test("the long help has examples, the short one has not")
    func examples() {
        let world = World()
        _ = world.run("sample", "--help")
        #expect(world.output.take().contains("  $ imagenet-fetch sample tiny\n"))
        _ = world.run("sample", "-h")
        #expect(!world.output.text.contains("$ imagenet-fetch"))
    }

    @Test("every example is a command line that the parser takes")
    func examplesParse() throws {
        for command in CommandTable.standard.commands where command.action == nil {
            #expect(!command.examples.isEmpty, "\(command.name)")
            for example in command.examples {
                let words = example.line.split(separator: " ").map { Word(String($0)) }
                #expect(words.first == "imagenet-fetch")
                guard
                    case .run(let found, let rest) = try CommandTable.standard.request(
                        Array(words.dropFirst()))
                else {
                    Issue.record("not run: \(example.line)")
                    continue
                }
                #expect(found.name == command.name)
                var arguments = Arguments()
                for setting in rest.settings { try setting.apply(to: &arguments) }
            }
        }
    }

    @Test("help of a word that begins several commands shows them all")
    func group() {
        let world = World()
        _ = world.run("torrent", "--help")
        #expect(world.output.text.contains("usage: imagenet-fetch torrent show"))
        #expect(world.output.text.contains("usage: imagenet-fetch torrent add"))
    }

    @Test("help fits into eighty columns and says one line an option")
    func width() {
        let world = World()
        _ = world.run("-h")
        _ = world.run("--help")
        for command in CommandTable.standard.commands {
            _ = Program(context: world.context)
                .run(command.words.map { Word(String($0)) } + ["--help"])
        }
        for line in world.output.text.split(separator: "\n") {
            // Examples are printed as they are typed.
            #expect(String(line).columns <= 80 || line.contains("$ imagenet-fetch"), "\(line)")
        }
        for flag in shownFlags {
            #expect(flag.help.count <= 60 && !flag.help.hasSuffix("."), "\(flag.long)")
            #expect(flag.detail.hasSuffix("."), "\(flag.long)")
        }
    }

    @Test("help and man page have the whole table of exit statuses")
    func exitStatuses() {
        let man = ManPage(table: .standard).text
        let world = World()
        _ = world.run("--help")
        for status in imagenet_fetch.ExitStatus.allCases {
            #expect(man.contains(".It Li \(status.rawValue)\n"))
            #expect(world.output.text.contains("\n  \(status.rawValue)"))
        }
        #expect(man.contains(".It Li 128+N\n"))
        #expect(man.contains(".It Ev IMAGENET_FETCH_DATA\n"))
    }

    @Test("text is wrapped at words and keeps its paragraphs")
    func wrapping() {
        #expect(wrapped("aa bb cc", to: 5) == "aa bb\ncc")
        #expect(wrapped("aa\n\nbb", to: 9, indent: 2) == "  aa\n\n  bb")
        #expect(wrapped("aaaaaaaaaa b", to: 5) == "aaaaaaaaaa\nb")
        #expect(wrapped("", to: 5) == "")
    }

    @Test("bash offers the second words of commands, and the options of fetch where none is named")
    func completes() throws {
        let folder = try TemporaryFolder()
        try folder.write(BashCompletion(table: .standard).text, to: "completion")
        func offered(_ words: String...) throws -> [String] {
            let script = """
                source "$1"; shift
                COMP_WORDS=(imagenet-fetch "$@"); COMP_CWORD=$#; _imagenet_fetch
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let result = try run(
                "bash", ["-c", script, "bash", folder["completion"].description] + words)
            return result.output.split(separator: "\n").map(String.init)
        }
        #expect(try offered("mds", "ver") == ["verify"])
        #expect(try offered("torrent", "").contains("add"))
        #expect(try offered("--only-tr") == ["--only-train"])
        #expect(try offered("mds", "merge", "--compr") == [])
        #expect(try offered("mds", "--compr") == ["--compression"])
    }
}
