import DatasetExport

/// All the commands, and how names are looked up in them.
struct CommandTable: Sendable {
    let commands: [Command]

    static let standard: CommandTable = CommandTable(
        commands: [.fetch, .verify, .repair, .list, .check, .untar, .layout] + formats
            + [
                .bbox, .labels, .mergeTest, .submissionCheck, .submissionWrite, .status, .sync,
                .torrentShow, .torrentAdd, .manifestShow, .manifestCheck, .sample, .generate,
            ])

    /// A command for each format, and then those that look at outputs of it.
    private static var formats: [Command] {
        let others: [Command] = [.mdsVerify, .mdsReindex, .mdsMerge]
        return OutputFormats.all.flatMap { format in
            [.export(format)] + others.filter { $0.words[0] == format.name }
        }
    }

    /// The command that options without a command mean.
    private static let defaultName = "fetch"

    var defaultCommand: Command? { commands.first { $0.name == Self.defaultName } }

    var shown: [Command] { commands.filter { !$0.isHidden } }

    /// The commands whose name or alias begins with this word: several where it takes two words.
    func commands(beginningWith word: String) -> [Command] {
        commands.filter { $0.words.first.map(String.init) == word || $0.aliases.contains(word) }
    }

    /// Finds the command that the first words name, and how many of them its name takes; nil where
    /// there are no words.
    func find(_ words: [Word]) throws(UsageError) -> (command: Command, length: Int)? {
        guard let first = words.first else { return nil }
        let candidates = first.text.map(commands(beginningWith:)) ?? []
        if words.count > 1, let second = words[1].text {
            let both = candidates.first { $0.words.count == 2 && $0.words[1] == second }
            if let both { return (both, 2) }
        }
        if let one = candidates.first(where: { $0.words.count == 1 }) { return (one, 1) }
        if candidates.isEmpty { throw unknown(first) }
        let seconds = candidates.compactMap(\.words.last).map(String.init)
        guard words.count > 1 else {
            throw .incompleteCommand("\(first)", seconds)
        }
        let nearest = nearestMatch(to: words[1], among: seconds).map { "\(first) \($0)" }
        throw .unknownCommand(Word(bytes: first.bytes + [0x20] + words[1].bytes), nearest: nearest)
    }

    /// The command that options without a command mean.
    func findDefault() throws(UsageError) -> Command {
        guard let defaultCommand else { throw .noCommand }
        return defaultCommand
    }

    private func unknown(_ word: Word) -> UsageError {
        let names = shown.flatMap { [String($0.words[0])] + $0.aliases }
        return .unknownCommand(word, nearest: nearestMatch(to: word, among: names))
    }

    // MARK: Options

    /// The option that is written like this (`--data`, `-y`, `--no-json`), in any command.
    func flag(spelled spelling: String) -> Flag? {
        for flag in Flag.common where flag.spellings.contains(spelling) { return flag }
        for command in commands {
            for flag in command.flags where flag.spellings.contains(spelling) { return flag }
        }
        return nil
    }

    /// The shown commands that take this option beside those of every command.
    func owners(of flag: Flag) -> [String] {
        shown.filter { $0.flags.contains { $0.long == flag.long } }.map(\.name)
    }

    /// The error for an option that nothing takes, with the nearest that this command does.
    func unknownOption(_ name: Word, for command: Command?) -> UsageError {
        let flags = command?.allFlags ?? (Flag.common + commands.flatMap(\.flags))
        let names = flags.filter { !$0.isHidden }.flatMap(\.spellings).filter { $0.hasPrefix("--") }
        return .unknownOption(name, nearest: nearestMatch(to: name, among: names))
    }
}
