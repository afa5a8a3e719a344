/// One command, said once: what it is called, what it takes, what it does.
struct Command: Sendable {
    /// A word of the command line that belongs to no option.
    struct Positional: Sendable {
        let name: String
        var isOptional = false
        var repeats = false
        var completion = Completion.nothing
    }

    /// A command line that works as it is printed.
    struct Example: Sendable {
        /// Without the prompt.
        let line: String
        let what: String
    }

    /// One word or two: `labels`, `manifest show`.
    let name: String
    var aliases: [String] = []
    /// One line, without a full stop.
    let summary: String
    /// Full sentences; an empty line between paragraphs.
    let detail: String
    var positionals: [Positional] = []
    /// The options of this command beside those of every command.
    var flags: [Flag] = []
    let examples: [Example]
    var isHidden = false
    let run: @Sendable (Arguments, Context) throws -> ExitStatus

    var words: [Substring] { name.split(separator: " ") }
    var allFlags: [Flag] { flags + Flag.common }

    func takes(_ flag: Flag) -> Bool { allFlags.contains { $0.long == flag.long } }

    /// What follows the name in a synopsis: `[OPTIONS] FILE`.
    var pattern: String {
        (["[OPTIONS]"] + positionals.map(\.pattern)).joined(separator: " ")
    }
}

extension Command.Positional {
    var pattern: String {
        let shown = repeats ? name + "…" : name
        return isOptional ? "[\(shown)]" : shown
    }
}
