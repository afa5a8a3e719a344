/// `docs/reference.md`: every command and option, made from the tables.
struct Reference {
    let table: CommandTable

    var text: String {
        let intro = """
            # Reference

            Made by `\(Version.name) generate reference` from the parser's own table. The same text is in
            the man page and in `\(Version.name) COMMAND --help`.
            """
        let names = table.shown.map { "[`\($0.name)`](#\($0.name.replacing(" ", with: "-")))" }
        let sections = table.shown.map { command in
            """
            ## \(command.name)
            `\(Version.name) \(command.name) \(command.pattern)`

            \(command.detail)
            """ + lists(command.flags) + examples(command)
        }
        let common = "## Options of every command" + lists(Flag.common)
        let variables = rows("## Environment", table.variables.map { ($0.name, $0.what) })
        let statuses = rows("## Exit status", ExitStatus.table.map { ($0.status, $0.meaning) })
        let contents = [intro, names.joined(separator: " · ")]
        return (contents + sections + [common, variables, statuses]).joined(separator: "\n\n")
            + "\n"
    }

    private func lists(_ flags: [Flag]) -> String {
        flags.groups.map { group, members in
            let title = group == .own ? "\n" : "\n\n**\(group.rawValue)**\n"
            return title + rows("", members.map { ($0.synopsis, $0.detail) })
        }.joined()
    }

    /// A table of two columns.
    private func rows(_ title: String, _ rows: [(String, String)]) -> String {
        ([title, "| | |", "|---|---|"]
            + rows.map { "| `\(cell($0.0))` | \(cell($0.1)) |" }).joined(separator: "\n")
    }

    private func cell(_ text: String) -> String {
        text.replacing("\n\n", with: "<br>").replacing("\n", with: " ").replacing("|", with: "\\|")
    }

    private func examples(_ command: Command) -> String {
        if command.examples.isEmpty { return "" }
        return "\n\n```sh\n"
            + command.examples.map { "\($0.line)  # \($0.what)" }.joined(separator: "\n") + "\n```"
    }
}
