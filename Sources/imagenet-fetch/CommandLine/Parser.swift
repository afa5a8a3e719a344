import Disk

/// What a command line requests, before any file is opened.
enum Request: Sendable {
    case help(Help, isLong: Bool)
    case version(isVerbose: Bool)
    /// No words at all.
    case bare
    case run(Command, Invocation)

    /// The topic of `--help`.
    enum Help: Sendable {
        case everything
        case commands([Command])
    }
}

/// A command's options and arguments as given.
struct Invocation: Sendable {
    var settings: [Setting] = []
    var positionals: [Word] = []
    var config: Word?
}

/// An option with its value and its origin.
struct Setting: Sendable {
    enum Origin: Sendable {
        case commandLine
        case environment(String)
        case config(Path, line: Int)
    }

    let flag: Flag
    let spelling: String
    let value: Word?
    let origin: Origin

    func apply(to arguments: inout Arguments) throws(UsageError) {
        do throws(UsageError) {
            try flag.apply(&arguments, value, spelling)
        } catch {
            throw located(error)
        }
    }

    private func located(_ error: UsageError) -> UsageError {
        switch origin {
        case .commandLine: error
        case .environment(let name):
            UsageError(error.code, "$\(name): \(error.message)", hint: error.hint)
        case .config(let path, let line):
            UsageError(.configFile, "\(path):\(line): \(error.message)", hint: error.hint)
        }
    }
}

extension CommandTable {
    /// Parses a command line. Help and version override every mistake beside them.
    func request(_ words: [Word]) throws(UsageError) -> Request {
        let tokens = tokens(words)
        let positionals = tokens.compactMap {
            if case .positional(let word) = $0 { word } else { nil }
        }
        if let early = earlyRequest(tokens, positionals) { return early }
        guard let (command, length) = try find(positionals, in: tokens) else {
            if tokens.isEmpty { return .bare }
            try refuseFaults(tokens, for: nil)
            guard let defaultCommand else { throw .noCommand }
            return .run(defaultCommand, try invocation(of: defaultCommand, tokens, []))
        }
        let own = Array(positionals.dropFirst(length))
        let invocation = try self.invocation(of: command, tokens, own)
        switch command.action {
        case .help: return .help(try topic(named: own), isLong: true)
        case .version: return .version(isVerbose: isVerbose(tokens))
        case .config, nil: return .run(command, invocation)
        }
    }

    /// Finds the command. Of several mistakes the first is reported, because an unknown option may
    /// have left its value behind as a word.
    private func find(
        _ positionals: [Word], in tokens: [Token]
    ) throws(UsageError) -> (command: Command, length: Int)? {
        do throws(UsageError) {
            return try find(positionals)
        } catch {
            let before = tokens.prefix { if case .positional = $0 { false } else { true } }
            try refuseFaults(Array(before), for: nil)
            throw error
        }
    }

    private func earlyRequest(_ tokens: [Token], _ positionals: [Word]) -> Request? {
        var isVersion = false
        for case .flag(let flag, let spelling, _) in tokens {
            switch flag.action {
            case .help: return .help(topic(positionals), isLong: spelling.hasPrefix("--"))
            case .version: isVersion = true
            case .config, nil: break
            }
        }
        return isVersion ? .version(isVerbose: isVerbose(tokens)) : nil
    }

    private func isVerbose(_ tokens: [Token]) -> Bool {
        var isVerbose = false
        for case .flag(let flag, _, let value) in tokens where flag.long == "verbose" {
            isVerbose = value == nil
        }
        return isVerbose
    }

    private func topic(_ positionals: [Word]) -> Request.Help {
        if let found = try? find(positionals) { return .commands([found.command]) }
        let several = positionals.first?.text.map(commands(beginningWith:)) ?? []
        return several.isEmpty ? .everything : .commands(several)
    }

    /// The topic of `help`: it has no mistakes to override.
    private func topic(named words: [Word]) throws(UsageError) -> Request.Help {
        guard let first = words.first else { return .everything }
        if words.count == 1, let several = first.text.map(commands(beginningWith:)),
            several.count > 1, !several.contains(where: { $0.words.count == 1 })
        {
            return .commands(several)
        }
        guard let (command, length) = try find(words) else { return .everything }
        if words.count > length { throw .unexpectedArgument(words[length], "help") }
        return .commands([command])
    }

    private func invocation(
        of command: Command, _ tokens: [Token], _ positionals: [Word]
    ) throws(UsageError) -> Invocation {
        try refuseFaults(tokens, for: command)
        var result = Invocation(positionals: positionals)
        for case .flag(let flag, let spelling, let value) in tokens {
            guard let own = command.allFlags.first(where: { $0.long == flag.long }) else {
                throw .foreignOption(spelling, of: owners(of: flag))
            }
            if flag.action == .config { result.config = value }
            result.settings.append(
                Setting(flag: own, spelling: spelling, value: value, origin: .commandLine))
        }
        try check(positionals, of: command)
        return result
    }

    private func refuseFaults(_ tokens: [Token], for command: Command?) throws(UsageError) {
        for token in tokens {
            switch token {
            case .fault(let error): throw error
            case .unknown(let name): throw unknownOption(name, for: command)
            case .flag, .positional: break
            }
        }
    }

    private func check(_ words: [Word], of command: Command) throws(UsageError) {
        let positionals = command.positionals
        let needed = positionals.filter { !$0.isOptional }
        if words.count < needed.count {
            throw .missingArgument(command.name, needed[words.count].name)
        }
        if words.count > positionals.count, positionals.last?.repeats != true {
            throw .unexpectedArgument(words[positionals.count], command.name)
        }
        for (positional, word) in zip(positionals, words) {
            guard case .words(let choices) = positional.completion else { continue }
            if word.text.map(choices.contains) != true {
                throw .badArgument(word, command.name, choices)
            }
        }
    }
}
