/// What `-h` and `--help` print, made from the tables.
struct HelpText {
    let table: CommandTable
    private static let width = 80

    /// Printed if a command is missing.
    var usage: String {
        "usage: \(Version.name) [COMMAND] [OPTIONS]\n" + commandList
    }

    func text(_ topic: Request.Help, isLong: Bool) -> String {
        switch topic {
        case .everything: isLong ? everything : short
        case .commands(let commands):
            commands.map { text(of: $0, isLong: isLong) }.joined(separator: "\n")
        }
    }

    private var short: String {
        """
        \(Version.line)
        \(Wording.oneLine)

        \(usage)
        \(flagList(Flag.common, isLong: false))"\(Version.name) COMMAND -h" shows a command's options, --help explains them.

        """
    }

    private var everything: String {
        """
        \(Version.line)
        \(Wording.oneLine)

        \(wrapped(Wording.description, to: Self.width))

        \(usage)
        \(flagList(Flag.common, isLong: true))
        Environment:
        \(list(table.variables.map { ($0.name, $0.what) }))
        Files:
        \(list(Wording.files.map { ($0.path, $0.what) }))
        Exit status:
        \(list(ExitStatus.table.map { ($0.status, $0.meaning) }))
        Examples:
        \(examples(table.shown.compactMap(\.examples.first)))
        """
    }

    private func text(of command: Command, isLong: Bool) -> String {
        var text = "usage: \(Version.name) \(command.name) \(command.pattern)\n"
        if !command.aliases.isEmpty {
            text += "  also: \(command.aliases.joined(separator: ", "))\n"
        }
        if !isLong {
            return text + "\n\(command.summary)\n\n" + flagList(command.flags, isLong: false)
                + common
        }
        text += "\n" + wrapped(command.detail, to: Self.width) + "\n\n"
        text += flagList(command.flags, isLong: true) + common + "\n"
        return text + "Examples:\n" + examples(command.examples)
    }

    /// The options that every command has, a line each: they are explained once.
    private var common: String {
        "Options of every command (\"\(Version.name) --help\" explains them):\n"
            + list(Flag.common.filter { !$0.isHidden }.map { ($0.synopsis, $0.help) })
    }

    private var commandList: String {
        let rows = table.shown.map { command in
            (
                ([command.name] + command.positionals.map(\.pattern)).joined(separator: " "),
                command.summary
            )
        }
        return "\nCommands:\n" + list(rows)
    }

    private func examples(_ examples: [Command.Example]) -> String {
        examples.map { "  $ \($0.line)\n" + wrapped($0.what, to: Self.width, indent: 4) + "\n" }
            .joined()
    }

    private func flagList(_ flags: [Flag], isLong: Bool) -> String {
        var text = ""
        for (group, members) in flags.groups {
            text += "\(group.rawValue):\n"
            if isLong {
                for flag in members {
                    text += "  \(flag.synopsis)\n"
                    text += wrapped(flag.detail, to: Self.width, indent: 6) + "\n"
                }
            } else {
                text += list(members.map { ($0.synopsis, $0.help) })
            }
            text += "\n"
        }
        return text
    }

    /// Two columns; a name that is too long for the first gets its own line.
    private func list(_ rows: [(name: String, what: String)]) -> String {
        let width = min(rows.map(\.name.columns).max() ?? 0, 28)
        var text = ""
        for row in rows {
            let what = wrapped(row.what, to: Self.width, indent: width + 4)
            if row.name.columns > width {
                text += "  \(row.name)\n\(what)\n"
            } else {
                text += "  \(row.name.padded(to: width))" + what.dropFirst(width + 2) + "\n"
            }
        }
        return text
    }
}

extension [Flag] {
    /// The flags that are not hidden, under their headings.
    var groups: [(group: Flag.Group, members: [Flag])] {
        Flag.Group.allCases.compactMap { group in
            let members = filter { $0.group == group && !$0.isHidden }
            return members.isEmpty ? nil : (group, members)
        }
    }
}

extension Flag {
    /// `-y, --yes, --no-yes`, `--data DIR`.
    var synopsis: String {
        let value = valueName.map { " " + $0 } ?? ""
        let short = short.map { "-\($0), " } ?? ""
        let negation = negated.map { ", --" + $0 } ?? ""
        return short + "--" + long + value + negation
    }
}
