extension Command {
    /// The documents made from the tables; `make docs` writes them.
    static let generate = Command(
        name: "generate",
        summary: "print the man page, the reference, or a shell's completions",
        detail:
            "Prints the man page, the reference in Markdown, or the completions for bash, zsh or fish.",
        positionals: [
            .init(name: "KIND", completion: .words(["man", "reference", "bash", "zsh", "fish"]))
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
                case "reference": Reference(table: table).text
                default: ManPage(table: table).text
                }
            try context.console.write(Array(text.utf8))
            return .success
        })
}
