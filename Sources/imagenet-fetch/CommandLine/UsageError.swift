import Disk

/// A mistake in the command line: exit status 2.
struct UsageError: Failure, Equatable {
    enum Code: Sendable {
        case unknownOption, unknownCommand, missingValue, unwantedValue, badValue
        case missingArgument, unexpectedArgument, conflict, configFile, noCommand
    }

    let code: Code
    let message: String
    let hint: Remedy?

    init(_ code: Code, _ message: String, hint: Remedy? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func unknownOption(_ name: Word, nearest: String?) -> UsageError {
        UsageError(.unknownOption, "unknown option \(name) (\(nearestAndHelp(nearest)))")
    }

    static func foreignOption(_ spelling: String, of commands: [String]) -> UsageError {
        let owners = commands.joined(separator: ", ")
        return UsageError(.unknownOption, "\(spelling) is an option of \(owners) (see --help)")
    }

    static func unknownCommand(_ name: Word, nearest: String?) -> UsageError {
        UsageError(.unknownCommand, "unknown command \"\(name)\" (\(nearestAndHelp(nearest)))")
    }

    static func incompleteCommand(_ name: String, _ choices: [String]) -> UsageError {
        UsageError(
            .unknownCommand,
            "\(name) needs a subcommand (\(choices.joined(separator: ", ")); see --help)")
    }

    static func missingValue(_ spelling: String, _ name: String) -> UsageError {
        UsageError(.missingValue, "\(spelling) needs a value (\(name); see --help)")
    }

    static func unwantedValue(_ spelling: String) -> UsageError {
        UsageError(.unwantedValue, "\(spelling) takes no value (see --help)")
    }

    static func badValue(_ value: Word, for spelling: String, _ fault: ValueFault) -> UsageError {
        UsageError(.badValue, "bad value \"\(value)\" for \(spelling) (\(fault.reason))")
    }

    static func missingArgument(_ command: String, _ name: String) -> UsageError {
        UsageError(.missingArgument, "\(command) needs \(name) (see \(command) --help)")
    }

    static func unexpectedArgument(_ word: Word, _ command: String) -> UsageError {
        UsageError(
            .unexpectedArgument, "\(command) does not take \"\(word)\" (see \(command) --help)")
    }

    static func badArgument(_ word: Word, _ command: String, _ choices: [String]) -> UsageError {
        UsageError(
            .badValue,
            "\(command) does not take \"\(word)\" (choose from \(choices.joined(separator: ", ")))")
    }

    static let noCommand = UsageError(.noCommand, "no command given (see --help)")

    private static func nearestAndHelp(_ nearest: String?) -> String {
        guard let nearest else { return "see --help" }
        return "did you mean \(nearest)? see --help"
    }
}

/// Why a value was refused.
struct ValueFault: Error, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
