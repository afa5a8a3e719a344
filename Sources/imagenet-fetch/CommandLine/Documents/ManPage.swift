/// The man page in mdoc(7), made from the tables.
struct ManPage {
    let table: CommandTable

    var text: String {
        let sections = [
            head, synopsis, section("DESCRIPTION", [prose(Wording.description)]),
            section("COMMANDS", table.shown.map(command)),
            section("OPTIONS", ["These are options of every command."] + flagLists(Flag.common)),
            environment, files, exitStatus, examples,
        ]
        return sections.joined(separator: "\n") + "\n"
    }

    private var head: String {
        """
        .\\" Made by "\(Version.name) generate man": change the tables, not this file.
        .Dd \(Version.date)
        .Dt \(Version.name.uppercased()) 1
        .Os
        .Sh NAME
        .Nm \(Version.name)
        .Nd \(escape(Wording.oneLine))
        """
    }

    private var synopsis: String {
        var lines = [".Sh SYNOPSIS", ".Nm", ".Op Ar COMMAND", ".Op Ar OPTIONS"]
        for command in table.shown {
            lines += [".Nm", ".Cm \(command.name)", ".Op Ar OPTIONS"]
            lines += command.positionals.map(\.mdoc)
        }
        return lines.joined(separator: "\n")
    }

    private func command(_ command: Command) -> String {
        var lines = [".Ss \(command.name)"]
        if !command.aliases.isEmpty {
            lines.append("Also: " + command.aliases.map(escape).joined(separator: ", ") + ".")
        }
        lines.append(prose(command.detail))
        lines += flagLists(command.flags)
        return lines.joined(separator: "\n")
    }

    private func flagLists(_ flags: [Flag]) -> [String] {
        flags.groups.map { group, members in
            let title = group == .own ? [".Pp"] : [".Pp", escape(group.rawValue) + ":"]
            return (title + list(members.map { ($0.mdoc, $0.detail) })).joined(separator: "\n")
                .replacingPrefix(".Pp\n.Bl", with: ".Bl")
        }
    }

    private var environment: String {
        let rows = table.variables.map { ("Ev \($0.name)", $0.what) }
        return section("ENVIRONMENT", [list(rows).joined(separator: "\n")])
    }

    private var files: String {
        let rows = Wording.files.map { ("Pa \(escape($0.path))", $0.what) }
        return section("FILES", [list(rows).joined(separator: "\n")])
    }

    private var exitStatus: String {
        let rows = ExitStatus.table.map { ("Li \($0.status)", $0.meaning) }
        return section("EXIT STATUS", [list(rows).joined(separator: "\n")])
    }

    private var examples: String {
        let all = table.shown.flatMap(\.examples).map { example in
            "\(prose(example.what))\n.Pp\n.Dl $ \(escape(example.line))"
        }
        return section("EXAMPLES", [all.joined(separator: "\n.Pp\n")])
    }

    private func section(_ title: String, _ parts: [String]) -> String {
        ([".Sh \(title)"] + parts).joined(separator: "\n")
    }

    private func list(_ rows: [(head: String, what: String)]) -> [String] {
        [".Bl -tag -width Ds"] + rows.flatMap { [".It \($0.head)", prose($0.what)] } + [".El"]
    }

    /// Each sentence begins a line, as mdoc wants it, and no line is long; paragraphs are kept.
    private func prose(_ text: String) -> String {
        text.split(separator: "\n").map { paragraph in
            var lines: [String] = []
            var isNewLine = true
            for word in paragraph.split(separator: " ") {
                let word = escape(String(word))
                if let last = lines.last, !isNewLine, last.utf8.count + word.utf8.count < 78 {
                    lines[lines.count - 1] = last + " " + word
                } else {
                    lines.append(word)
                }
                isNewLine = [".", "?", ".)"].contains(where: word.hasSuffix)
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n.Pp\n")
    }
}

/// Text that troff takes as it stands.
private func escape(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "\\": result += "\\e"
        case "-": result += "\\-"
        case "…": result += "..."
        case "'" where result.isEmpty: result += "\\(aq"
        case "." where result.isEmpty: result += "\\&."
        case "~": result += "\\(ti"
        case "\"": result += "\\(dq"
        default: result.append(character)
        }
    }
    return result
}

extension Command.Positional {
    fileprivate var mdoc: String {
        let shown = escape(name) + (repeats ? " ..." : "")
        return isOptional ? ".Op Ar \(shown)" : ".Ar \(shown)"
    }
}

extension Flag {
    fileprivate var mdoc: String {
        var text = short.map { "Fl \($0) , " } ?? ""
        text += "Fl \\-\(escape(long))"
        if let valueName { text += " Ar \(escape(valueName))" }
        if let negated { text += " , Fl \\-\(escape(negated))" }
        return text
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
