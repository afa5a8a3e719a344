/// The commands as functions of the Python module, with their options as keyword arguments.
struct PythonModule {
    let table: CommandTable

    var text: String {
        var functions = table.shown.filter { $0.action == nil }.map { PythonFunction($0) }
        if let fetch = table.defaultCommand { functions.append(.plan(fetch)) }
        let names = functions.map { "    \"\($0.name)\"," }.sorted().joined(separator: "\n")
        let intro = """
            \"""The commands of \(Version.name) as functions.

            Made by `\(Version.name) generate python` from the parser's own table: do not edit.
            \"""

            from __future__ import annotations

            from typing import List, Literal, Optional, Sequence, Union

            from . import results
            from .running import PathLike, call, call_for_one, joined, option, repeated, switch

            __all__ = [
            \(names)
            ]
            """
        return ([intro] + functions.map(\.text)).joined(separator: "\n\n\n") + "\n"
    }
}

/// One command as a function.
struct PythonFunction {
    let name: String
    private let command: Command
    private let result: (type: String, isOne: Bool)
    /// Options that are always given.
    private let fixed: [String]
    private let summary: String

    init(_ command: Command) {
        self.command = command
        name = Self.identifier(command.name)
        result = Self.results[command.name] ?? ("Event", false)
        fixed = []
        summary = command.summary
    }

    private init(_ command: Command, name: String, fixed: [String], summary: String) {
        (self.command, self.name, self.fixed, self.summary) = (command, name, fixed, summary)
        result = ("Plan", true)
    }

    static func plan(_ fetch: Command) -> PythonFunction {
        PythonFunction(
            fetch, name: "plan", fixed: ["--dry-run"],
            summary: "show what fetch would download, without doing it")
    }

    /// The class in `results.py` that a command's lines of JSON become, and whether there is always
    /// one of them.
    private static let results: [String: (type: String, isOne: Bool)] = {
        var results: [String: (type: String, isOne: Bool)] = [
            "fetch": ("Fetched", false), "verify": ("VerifiedFile", false),
            "repair": ("RepairedFile", false), "list": ("Listed", false),
            "check": ("Checked", false), "untar": ("Unpacked", false),
            "layout": ("LinkedLayout", true), "mds verify": ("VerifiedFile", false),
            "mds reindex": ("Index", true), "mds merge": ("Index", true),
            "bbox": ("Boxes", true), "labels": ("Label", false),
            "merge-test": ("MergedTest", true), "submission check": ("Submission", true),
            "status": ("State", false), "torrent show": ("Torrent", true),
            "manifest show": ("ManifestFile", false),
            "manifest check": ("ManifestCheck", true), "sample": ("Sample", true),
        ]
        for command in CommandTable.standard.commands
        where results[command.name] == nil && command.takes("images") {
            results[command.name] = ("Exported", false)
        }
        return results
    }()

    /// Options that change what is printed, or that the module sets itself.
    private static let left: Set<String> = [
        "json", "quiet", "verbose", "progress", "debug", "help", "version", "yes", "dry-run",
        "checksums", "nagios",
    ]

    /// The options of the function: several names of one option count once.
    private var flags: [Flag] {
        var details: Set<String> = []
        return command.allFlags.filter { flag in
            if Self.left.contains(flag.long) || flag.isHidden { return false }
            // It chooses another output than JSON.
            if command.name == "labels", flag.long == "format" { return false }
            return details.insert(flag.detail).inserted
        }
    }

    var text: String {
        let positionals = command.positionals.map(\.pythonParameter)
        // A parameter with a star makes all after it keywords.
        let star = command.positionals.contains(where: \.repeats) ? [] : ["*"]
        let keywords = flags.map(\.pythonParameter) + ["progress: bool = True"]
        let parameters = (positionals + star + keywords).map { "    \($0),\n" }.joined()
        let type = result.isOne ? "results.\(result.type)" : "List[results.\(result.type)]"
        let words = command.words.map { "\"\($0)\"" } + fixed.map { "\"\($0)\"" }
        let options = flags.map { "            *\($0.pythonArgument),\n" }.joined()
        let operands =
            command.positionals.isEmpty
            ? "[]"
            : "[" + command.positionals.map(\.pythonArgument).joined(separator: ", ") + "]"
        return """
            def \(name)(
            \(parameters)) -> \(type):
            \(documentation)
                return \(result.isOne ? "call_for_one" : "call")(
                    [\(words.joined(separator: ", "))],
                    [
            \(options)        ],
                    \(operands),
                    results.\(result.type),
                    progress,
                )
            """
    }

    private var documentation: String {
        let title = summary.prefix(1).uppercased() + summary.dropFirst() + "."
        let about = wrapped(spelled(command.detail), to: 96, indent: 4)
        let arguments = flags.map { flag in
            let text = "\(flag.pythonName): \(spelled(flag.detail).replacing("\n", with: " "))"
            // The lines after the first are indented more.
            return wrapped(text, to: 92, indent: 12).dropFirst(4)
        }
        let all =
            ["    \"\"\"\(title)", about, "    Args:\n" + arguments.joined(separator: "\n")]
            .joined(separator: "\n\n")
        return all.replacing("\\", with: "\\\\")
            + "\n        progress: Show progress with tqdm, if that is installed.\n    \"\"\""
    }

    /// Options by the names that they have here: `--label-space` is `label_space`.
    private func spelled(_ text: String) -> String {
        text.replacing(/--([a-z][a-z0-9-]*[a-z0-9])/) { match in
            let long = String(match.1)
            guard let flag = flags.first(where: { $0.long == long || $0.negated == long }) else {
                return String(match.0)
            }
            return flag.negated == long ? "\(flag.pythonName)=False" : flag.pythonName
        }
    }

    /// `list` would hide Python's own.
    fileprivate static func identifier(_ name: String) -> String {
        let plain = name.lowercased().replacing(" ", with: "_").replacing("-", with: "_")
        return plain == "list" ? "list_" : plain
    }
}

extension Command {
    fileprivate func takes(_ long: String) -> Bool { flags.contains { $0.long == long } }
}

extension Command.Positional {
    /// The first of several kinds names it: `ARCHIVE|URL`.
    private var pythonName: String {
        let first = name.split(separator: "|").first.map(String.init) ?? name
        let one = PythonFunction.identifier(first)
        if !repeats { return one }
        return one.hasSuffix("y") ? one.dropLast() + "ies" : one + "s"
    }

    fileprivate var pythonParameter: String {
        let type =
            switch completion {
            case .files, .folders: "PathLike"
            case .words(let words): pythonLiteral(words)
            case .nothing, .commands, .parts: "str"
            }
        if repeats { return "*\(pythonName): \(type)" }
        return isOptional
            ? "\(pythonName): Optional[\(type)] = None" : "\(pythonName): \(type)"
    }

    fileprivate var pythonArgument: String {
        if repeats { return "*" + pythonName }
        return isOptional ? "*([] if \(pythonName) is None else [\(pythonName)])" : pythonName
    }
}

extension Flag {
    fileprivate var pythonName: String { PythonFunction.identifier(long) }

    fileprivate var pythonParameter: String {
        guard takesValue else {
            return negated == nil
                ? "\(pythonName): bool = False" : "\(pythonName): Optional[bool] = None"
        }
        return "\(pythonName): Optional[\(pythonType)] = None"
    }

    private var pythonType: String {
        if isList { return "Union[PathLike, Sequence[str]]" }
        if isRepeatable { return "Union[str, Sequence[str]]" }
        if case .words(let words) = completion {
            if valueName == words.joined(separator: "|") { return pythonLiteral(words) }
            if words == ["auto"] { return "Union[int, Literal[\"auto\"]]" }
        }
        switch valueName {
        case "SIZE", "RATE", "DURATION": return "Union[int, str]"
        case "N": return "int"
        default: break
        }
        if valueType == Int64.self { return "int" }
        if valueType == Double.self { return "float" }
        return completion == .files || completion == .folders ? "PathLike" : "str"
    }

    /// Names that are given with commas between them.
    private var isList: Bool { valueType == [String].self || valueName?.contains(",…") == true }

    fileprivate var pythonArgument: String {
        guard takesValue else {
            let off = negated.map { "\"--\($0)\"" } ?? "None"
            return "switch(\"--\(long)\", \(off), \(pythonName))"
        }
        let kind = isList ? "joined" : isRepeatable ? "repeated" : "option"
        return "\(kind)(\"--\(long)\", \(pythonName))"
    }
}

private func pythonLiteral(_ words: [String]) -> String {
    "Literal[" + words.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
}
