/// One command: its names, its arguments and what it does.
struct Command: Sendable {
    /// An argument that belongs to no option.
    struct Positional: Sendable {
        let name: String
        var isOptional = false
        var repeats = false
        var completion = Completion.nothing
    }

    /// A command line that works as printed.
    struct Example: Sendable {
        let line: String
        let what: String

        init(_ words: String, _ what: String) {
            line = "\(Version.name) \(words)"
            self.what = what
        }
    }

    /// One word or two: `labels`, `manifest show`.
    let name: String
    var aliases: [String] = []
    /// One line, without a full stop.
    let summary: String
    /// Full sentences, with an empty line between paragraphs.
    let detail: String
    var positionals: [Positional] = []
    /// The options of this command, besides the common ones.
    var flags: [Flag] = []
    let examples: [Example]
    var isHidden = false
    /// Whether it goes on from where a stopped run was.
    var continues = false
    /// What the parser does itself, without `run`, whatever the config files say.
    var action: Flag.Action?
    let run: @Sendable (Arguments, Context) throws -> ExitStatus

    var words: [Substring] { name.split(separator: " ") }
    var allFlags: [Flag] { flags + Flag.common }

    func takes(_ flag: Flag) -> Bool { allFlags.contains { $0.long == flag.long } }

    /// The synopsis after the name: `[OPTIONS] FILE`.
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
