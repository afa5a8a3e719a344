import Disk
import Glibc

/// A run, from the command line to its end.
struct Program {
    var table = CommandTable.standard
    let context: Context

    func run(_ words: [Word]) -> Ending {
        var report = Report(console: context.console)
        do {
            let status = try perform(table.request(words), &report)
            try flush(after: status)
            return .exit(status)
        } catch {
            // Results from before the error still count.
            try? context.console.flush()
            return report.tell(error)
        }
    }

    /// A failed verification is a failure even if nobody reads the output any more.
    private func flush(after status: ExitStatus) throws {
        do {
            try context.console.flush()
        } catch {
            if status == .success || error.errno != EPIPE { throw error }
        }
    }

    private func perform(_ request: Request, _ report: inout Report) throws -> ExitStatus {
        let console = context.console
        switch request {
        case .help(let topic, let isLong):
            try console.write(Array(HelpText(table: table).text(topic, isLong: isLong).utf8))
            return .success
        case .version(let isVerbose):
            try console.result(Version.line)
            if isVerbose { try console.result(Version.libraries) }
            return .success
        case .bare:
            guard console.terminal.isOutput else {
                console.explain(HelpText(table: table).usage)
                throw UsageError.noCommand
            }
            return try StatusCommand.run(try arguments(Invocation(), .status, &report), context)
        case .run(let command, let invocation):
            return try command.run(try arguments(invocation, command, &report), context)
        }
    }

    private func arguments(
        _ invocation: Invocation, _ command: Command?, _ report: inout Report
    ) throws -> Arguments {
        let arguments = try Configuration(table: table, context: context)
            .arguments(of: invocation, for: command)
        context.console.adapt(to: arguments.verbosity, repeating: arguments.optionsOfHints)
        report.isDebugging = arguments.isDebugging
        report.continues = command?.continues ?? false
        return arguments
    }
}
