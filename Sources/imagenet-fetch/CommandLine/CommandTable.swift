import DatasetExport

/// All commands, and how to look them up.
struct CommandTable: Sendable {
    let commands: [Command]

    static let standard: CommandTable = CommandTable(
        commands: [.fetch, .verify, .repair, .list, .check, .untar, .layout] + formats
            + [
                .bbox, .labels, .mergeTest, .submissionCheck, .submissionWrite, .status, .sync,
                .seed, .torrentShow, .torrentAdd, .manifestShow, .manifestCheck, .sample, .help,
                .version, .generate, .parse,
            ])

    /// The export command of each format, followed by its other commands.
    private static var formats: [Command] {
        let others: [Command] = [.mdsVerify, .mdsReindex, .mdsMerge]
        return OutputFormats.all.flatMap { format in
            [.export(format)] + others.filter { $0.words[0] == format.name }
        }
    }

    /// The command that options without a command mean.
    var defaultCommand: Command? { commands.first { $0.name == "fetch" } }

    var shown: [Command] { commands.filter { !$0.isHidden } }

    /// The commands whose name or alias begins with this word; several for names of two words.
    func commands(beginningWith word: String) -> [Command] {
        commands.filter { $0.words.first.map(String.init) == word || $0.aliases.contains(word) }
    }

    /// Finds the command named by the first words, and how many words its name takes; nil without
    /// words.
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

    private func unknown(_ word: Word) -> UsageError {
        let names = shown.flatMap { [String($0.words[0])] + $0.aliases }
        return .unknownCommand(word, nearest: nearestMatch(to: word, among: names))
    }

    // MARK: Options

    /// The option with this spelling (`--data`, `-y`, `--no-json`), in any command.
    func flag(spelled spelling: String) -> Flag? {
        for flag in Flag.common where flag.spellings.contains(spelling) { return flag }
        for command in commands {
            for flag in command.flags where flag.spellings.contains(spelling) { return flag }
        }
        return nil
    }

    /// The shown commands that have this option, besides the common ones.
    func owners(of flag: Flag) -> [String] {
        shown.filter { $0.flags.contains { $0.long == flag.long } }.map(\.name)
    }

    /// The error for an unknown option, with the nearest one of this command.
    func unknownOption(_ name: Word, for command: Command?) -> UsageError {
        let flags = command?.allFlags ?? (Flag.common + commands.flatMap(\.flags))
        let names = flags.filter { !$0.isHidden }.flatMap(\.spellings).filter { $0.hasPrefix("--") }
        return .unknownOption(name, nearest: nearestMatch(to: name, among: names))
    }
}
