import DatasetManifest

/// Completions for bash, made from the tables.
struct BashCompletion {
    let table: CommandTable

    var text: String {
        """
        # bash completion for \(Version.name), made by "\(Version.name) generate bash".

        _imagenet_fetch()
        {
            local cur=${COMP_WORDS[COMP_CWORD]} option='' command='' word skip='' i
            COMPREPLY=()
            # bash takes --data=x apart into three words.
            [[ $cur == = ]] && cur=''
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if [[ $skip ]]; then
                    [[ $word == = ]] || { skip=''; option=''; }
                    continue
                fi
                case $word in
                    \(table.valueFlags.flatMap(\.spellings).joined(separator: "|"))) skip=1 option=$word ;;
                    -*|=) ;;
                    *) command+=${command:+ }$word ;;
                esac
            done
            case $option in
        \(valueCases)
            esac
            case $command in
        \(commandCases)
            esac
        }
        complete -o filenames -F _imagenet_fetch \(Version.name)

        """
    }

    private var valueCases: String {
        let rows = table.valueFlags.map { flag in
            let pattern = flag.spellings.joined(separator: "|")
            return "        \(pattern)) \(reply(flag.completion)); return ;;"
        }
        return rows.joined(separator: "\n")
    }

    private var commandCases: String {
        // Options without a command are those of the default one.
        let first = table.defaultCommand?.allFlags ?? Flag.common
        var rows = ["        '') \(words(table.firstWords, first)) ;;"]
        // Longer names first: "mds verify" also begins with "mds".
        for command in table.shown.sorted(by: { $0.words.count > $1.words.count }) {
            let patterns = ([command.name] + command.aliases).map { "'\($0)'|'\($0) '*" }
            rows.append("        \(patterns.joined(separator: "|")))")
            rows.append("            if [[ $cur == -* ]]; then")
            rows.append("                \(list(spellings(command.allFlags)))")
            rows.append("            else")
            rows.append("                \(reply(completion(of: command)))")
            rows.append("            fi ;;")
        }
        for (first, seconds) in table.pairs where !table.isCommand(first) {
            rows.append("        '\(first)') \(words(seconds, Flag.common)) ;;")
        }
        return rows.joined(separator: "\n")
    }

    private func completion(of command: Command) -> Completion {
        if let own = command.positionals.first?.completion { return own }
        return table.pairs.first { $0.first == command.name }.map { .words($0.seconds) } ?? .nothing
    }

    private func words(_ words: [String], _ flags: [Flag]) -> String {
        list(words + spellings(flags))
    }

    private func spellings(_ flags: [Flag]) -> [String] {
        flags.filter { !$0.isHidden }.flatMap(\.spellings)
    }

    private func list(_ words: [String]) -> String {
        "mapfile -t COMPREPLY < <(compgen -W '\(words.joined(separator: " "))' -- \"$cur\")"
    }

    private func reply(_ completion: Completion) -> String {
        switch completion {
        case .nothing: "COMPREPLY=()"
        case .files: "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
        case .folders: "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")"
        case .words(let words): list(words)
        case .commands: list(table.firstWords)
        case .parts: list(table.parts)
        }
    }
}

extension CommandTable {
    /// The options that take a value, each name once.
    var valueFlags: [Flag] {
        var seen: Set<String> = []
        return (Flag.common + shown.flatMap(\.flags)).filter {
            $0.takesValue && !$0.isHidden && seen.insert($0.long).inserted
        }
    }

    /// All first words, aliases included.
    var firstWords: [String] {
        var seen: Set<String> = []
        return shown.flatMap { [String($0.words[0])] + $0.aliases }
            .filter { seen.insert($0).inserted }
    }

    /// The parts of the built-in data sets, each once.
    var parts: [String] {
        var seen: Set<String> = []
        return BuiltIn.manifests.flatMap(\.files).map(\.part).filter { seen.insert($0).inserted }
    }

    /// First words that take a second one, with their second words.
    var pairs: [(first: String, seconds: [String])] {
        firstWords.compactMap { first in
            let seconds = shown.compactMap { command in
                command.words.count == 2 && command.words[0] == first
                    ? String(command.words[1]) : nil
            }
            return seconds.isEmpty ? nil : (first, seconds)
        }
    }

    /// Whether a first word is a command without a second one.
    func isCommand(_ first: String) -> Bool {
        shown.contains { $0.name == first }
    }
}
