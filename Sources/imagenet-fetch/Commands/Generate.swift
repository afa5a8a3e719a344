extension Command {
    /// The documents made from the tables; `make docs` writes them.
    static let generate = Command(
        name: "generate",
        summary: "print the man page, the reference, completions or the Python module",
        detail:
            """
            Prints the man page, the reference in Markdown, the completions for bash, zsh or fish, or \
            the commands as functions in Python.
            """,
        positionals: [
            .init(
                name: "KIND",
                completion: .words(["man", "reference", "bash", "zsh", "fish", "python"]))
        ],
        examples: [
            Example("generate man", "The man page.")
        ],
        isHidden: true,
        run: { arguments, context in
            let table = CommandTable.standard
            let text =
                switch arguments.positionals.first?.text {
                case "bash": BashCompletion(table: table).text
                case "zsh": ZshCompletion(table: table).text
                case "fish": FishCompletion(table: table).text
                case "python": PythonModule(table: table).text
                case "reference": Reference(table: table).text
                default: ManPage(table: table).text
                }
            try context.console.write(Array(text.utf8))
            return .success
        })
}
