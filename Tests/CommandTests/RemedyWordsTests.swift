import Disk
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
        let words = task.command.split(separator: " ").filter { $0 != "--flat" }
        let found = try #require(try CommandTable.standard.find(words.map { Word(String($0)) }))
        #expect(found.length == words.count)
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
