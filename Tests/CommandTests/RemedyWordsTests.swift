import Disk
import Support
import Testing

@testable import imagenet_fetch

@Suite struct RemedyWordsTests {
    private static let flags = Set(CommandTable.standard.commands.flatMap(\.allFlags).map(\.long))

    @Test("every setting that a library names is a flag", arguments: Remedy.Setting.allCases)
    func settings(_ setting: Remedy.Setting) {
        #expect(setting.flag.hasPrefix("--"))
        #expect(Self.flags.contains(String(setting.flag.dropFirst(2))), "\(setting.flag)")
    }

    @Test("every task that a library names is a command", arguments: Remedy.Task.allCases)
    func tasks(_ task: Remedy.Task) throws {
        let words = task.command.split(separator: " ").filter { !$0.hasPrefix("--") }
        let found = try #require(try CommandTable.standard.find(words.map { Word(String($0)) }))
        #expect(found.length == words.count)
    }

    @Test(
        "paths in a command can be pasted, and do nothing to a terminal",
        arguments: [
            ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("a\\b", "'a\\b'"), ("-rf", "./-rf"),
            ("/x/n01440764", "/x/n01440764"), ("", "''"), ("a\u{1B}[2J1", "$'a\\033[2J1'"),
            ("a\n'\\", "$'a\\012\\'\\\\'"), ("Bücher", "'Bücher'"),
            ("a\u{202E}b", "$'a\\342\\200\\256b'"),
        ])
    func quoting(_ name: String, _ quoted: String) throws {
        #expect(Path(name).quoted == quoted)
        let said = try run("bash", ["-c", "printf %s \(Path(name).quoted)"])
        let meant = name.hasPrefix("-") ? "./" + name : name
        #expect(said.output == meant)
    }

    @Test("a command of other programs has none of our options")
    func shell() {
        let remedy: Remedy =
            "move it: \(shell: [.plain("mv -n"), .path("a b", then: "/*"), .path("c")])"
        #expect(remedy.words(" --data d") == "move it: `mv -n 'a b'/* c`")
        #expect(remedy.hasShell)
    }

    @Test("a command in a hint repeats the options that say where the data lies")
    func options() {
        var arguments = Arguments()
        arguments.data = "/srv/image net"
        arguments.manifest = "m.json"
        let remedy: Remedy = "\(run: .repair, .path("a.tar")), or see \(.sources, "mirrors")"
        #expect(
            remedy.words(arguments.optionsOfHints)
                == "`imagenet-fetch repair --manifest m.json --data '/srv/image net' a.tar`, "
                + "or see --sources mirrors")
    }
}
