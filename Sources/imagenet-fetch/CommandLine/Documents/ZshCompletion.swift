/// Completions for zsh, made from the tables.
struct ZshCompletion {
    let table: CommandTable

    var text: String {
        """
        #compdef \(Version.name)
        # zsh completion for \(Version.name), made by "\(Version.name) generate zsh".

        _imagenet-fetch() {
            local curcontext=$curcontext state line ret=1
            typeset -A opt_args
            local -a common=(
        \(specs(Flag.common))
            )
            local -a commands=(
        \(firstWords)
            )
            local -a unnamed=(
        \(specs(table.defaultCommand?.flags ?? []))
            )
            # Options without a command are those of the default one.
            _arguments -C -s $common $unnamed '1: :->command' '*:: :->rest' && ret=0
            case $state in
                command) _describe -t commands command commands && ret=0 ;;
                rest)
                    case $line[1] in
        \(cases)
                    esac ;;
            esac
            return ret
        }

        _imagenet-fetch "$@"

        """
    }

    private var firstWords: String {
        table.firstWords.map { first in
            let all = table.commands(beginningWith: first).filter { !$0.isHidden }
            let summary =
                all.count == 1
                ? all[0].summary
                : all.compactMap(\.words.last).joined(
                    separator: ", ")
            return "        \(shellQuoted(first + ":" + summary))"
        }.joined(separator: "\n")
    }

    private var cases: String {
        let pairs = table.pairs
        var rows: [String] = []
        for command in table.shown where command.words.count == 1 {
            let names = [command.name] + command.aliases
            rows.append("                \(names.joined(separator: "|")))")
            rows.append(arguments(of: command, indent: 20) + " && ret=0 ;;")
        }
        for (first, seconds) in pairs where !table.isCommand(first) {
            rows.append("                \(first))")
            rows.append(
                "                    _arguments -C -s $common '1: :(\(seconds.joined(separator: " ")))' "
                    + "'*:: :->second' && ret=0")
            rows.append("                    [[ $state == second ]] && case $line[1] in")
            for command in table.shown where command.words.count == 2 && command.words[0] == first {
                rows.append("                        \(command.words[1]))")
                rows.append(arguments(of: command, indent: 28) + " && ret=0 ;;")
            }
            rows.append("                    esac ;;")
        }
        return rows.joined(separator: "\n")
    }

    private func arguments(of command: Command, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        let positionals =
            command.positionals.enumerated().map { index, positional in
                let place = positional.repeats ? "*" : "\(index + 1)"
                let message = clean(positional.name)
                return shellQuoted("\(place):\(message):\(action(positional.completion))")
            } + seconds(of: command)
        let flags = command.flags.filter { !$0.isHidden }.flatMap(specs(of:))
        return
            (["\(margin)_arguments -s $common"] + (flags + positionals).map { "\(margin)    \($0)" })
            .joined(separator: " \\\n")
    }

    private func seconds(of command: Command) -> [String] {
        table.pairs.filter { $0.first == command.name }.map {
            shellQuoted("1: :(\($0.seconds.joined(separator: " ")))")
        }
    }

    private func specs(_ flags: [Flag]) -> String {
        flags.filter { !$0.isHidden }.flatMap(specs(of:)).map { "        \($0)" }
            .joined(separator: "\n")
    }

    private func specs(of flag: Flag) -> [String] {
        // A repeatable option excludes nothing; any other excludes its spellings.
        let lead = flag.isRepeatable ? "*" : "(" + flag.spellings.joined(separator: " ") + ")"
        return flag.spellings.map { spelling in
            let help = "[\(clean(flag.help))]"
            guard let name = flag.valueName else { return shellQuoted(lead + spelling + help) }
            let equals = spelling.hasPrefix("--") ? "=" : "+"
            return shellQuoted(
                "\(lead)\(spelling)\(equals)\(help):\(clean(name)):\(action(flag.completion))")
        }
    }

    private func action(_ completion: Completion) -> String {
        switch completion {
        case .nothing: ""
        case .files: "_files"
        case .folders: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .commands: "(\(table.firstWords.joined(separator: " ")))"
        case .parts: "(\(table.parts.joined(separator: " ")))"
        }
    }

    /// Escapes the characters that have a meaning in a specification.
    private func clean(_ text: String) -> String {
        var result = ""
        for character in text {
            if "[]:\\".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }
}
