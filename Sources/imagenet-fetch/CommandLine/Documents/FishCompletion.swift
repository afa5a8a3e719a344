/// Completions for fish, made from the tables.
struct FishCompletion {
    let table: CommandTable

    var text: String {
        """
        # fish completion for \(Version.name), made by "\(Version.name) generate fish".

        # The words typed so far that belong to no option.
        function __imagenet_fetch_words
            set -l skip 0
            for word in (commandline -opc)[2..-1]
                if test $skip -eq 1
                    set skip 0
                else if contains -- $word \(table.valueFlags.flatMap(\.spellings).joined(separator: " "))
                    set skip 1
                else if not string match -q -- '-*' $word
                    echo $word
                end
            end
        end

        # Whether these words stand first; alone, if nothing else is there.
        function __imagenet_fetch_in
            set -l words (__imagenet_fetch_words)
            test (count $words) -ge (count $argv); or return 1
            for index in (seq (count $argv))
                test $words[$index] = $argv[$index]; or return 1
            end
        end

        function __imagenet_fetch_only
            test (count (__imagenet_fetch_words)) -eq (count $argv); and __imagenet_fetch_in $argv
        end

        complete -c \(Version.name) -f
        \(rows.joined(separator: "\n"))

        """
    }

    private var rows: [String] {
        var rows: [String] = []
        for first in table.firstWords {
            let all = table.commands(beginningWith: first).filter { !$0.isHidden }
            let summary = all.count == 1 ? " -d \(quoted(all[0].summary))" : ""
            rows.append(row("test (count (__imagenet_fetch_words)) -eq 0", "-a \(first)\(summary)"))
        }
        for (first, seconds) in table.pairs {
            for second in seconds {
                let summary = table.shown.first { $0.name == "\(first) \(second)" }?.summary ?? ""
                rows.append(
                    row("__imagenet_fetch_only \(first)", "-a \(second) -d \(quoted(summary))"))
            }
        }
        for flag in Flag.common where !flag.isHidden { rows += self.rows(of: flag, when: nil) }
        // Options without a command are those of the default one.
        for flag in table.defaultCommand?.flags ?? [] where !flag.isHidden {
            rows += self.rows(of: flag, when: "test (count (__imagenet_fetch_words)) -eq 0")
        }
        for command in table.shown {
            for name in [command.name] + command.aliases {
                let condition = "__imagenet_fetch_in \(name)"
                for flag in command.flags where !flag.isHidden {
                    rows += self.rows(of: flag, when: condition)
                }
                if let completion = command.positionals.first?.completion, completion != .nothing {
                    rows.append(row(condition, argument(completion)))
                }
            }
        }
        return rows
    }

    private func rows(of flag: Flag, when condition: String?) -> [String] {
        let help = "-d \(quoted(flag.help))"
        let short = flag.short.map { "-s \($0) " } ?? ""
        let value = flag.takesValue ? " -x " + argument(flag.completion) : ""
        var rows = [row(condition, "\(short)-l \(flag.long)\(value) \(help)")]
        if let negated = flag.negated { rows.append(row(condition, "-l \(negated) \(help)")) }
        return rows
    }

    private func row(_ condition: String?, _ rest: String) -> String {
        let condition = condition.map { "-n \(quoted($0)) " } ?? ""
        return "complete -c \(Version.name) \(condition)\(rest)"
    }

    private func argument(_ completion: Completion) -> String {
        switch completion {
        case .nothing: ""
        case .files: "-a '(__fish_complete_path (commandline -ct))'"
        case .folders: "-a '(__fish_complete_directories (commandline -ct))'"
        case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
        case .commands: "-a \(quoted(table.firstWords.joined(separator: " ")))"
        case .parts: "-a \(quoted(table.parts.joined(separator: " ")))"
        }
    }

    private func quoted(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == "'" || character == "\\" { result += "\\" }
            result.append(character)
        }
        return "'\(result)'"
    }
}
