extension Command {
    /// How the tests judge command lines in the documents that cannot be run everywhere.
    static let parse = Command(
        name: "parse",
        summary: "check that a command line is one of this program's, without running it",
        detail: """
            Reads the words after -- as a command line: its command, options and values. Nothing \
            is opened. The exit status is 0, or 2 with the usual error.
            """,
        positionals: [.init(name: "WORD", isOptional: true, repeats: true)],
        examples: [Example("parse -- fetch --only-train", "Both exist.")],
        isHidden: true,
        run: { arguments, context in
            let table = CommandTable.standard
            if case .run(let command, let invocation) = try table.request(arguments.positionals) {
                _ = try Configuration(table: table, context: context)
                    .arguments(of: invocation, for: command)
            }
            return .success
        })
}
