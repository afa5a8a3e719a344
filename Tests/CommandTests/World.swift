import Disk
import Synchronization

@testable import imagenet_fetch

/// Keeps what is written to it.
final class RecordingSink: Sink {
    private let kept = Monitor<[UInt8]>([])
    private let failure: DiskError?

    init(failingWith failure: DiskError? = nil) { self.failure = failure }

    func write(_ bytes: [UInt8]) throws(DiskError) {
        if let failure { throw failure }
        kept.update { $0 += bytes }
    }

    var text: String { kept.update { String(decoding: $0, as: UTF8.self) } }

    /// What was written since the last time that this was asked.
    func take() -> String {
        kept.update { kept in
            defer { kept = [] }
            return String(decoding: kept, as: UTF8.self)
        }
    }
}

/// Time that goes on only when it is told to.
final class FakeTime: Sendable {
    private let elapsed = Monitor(Duration.zero)
    var clock: MonotonicClock { MonotonicClock { self.elapsed.update { $0 } } }
    func advance(_ step: Duration) { elapsed.update { $0 += step } }
}

/// A world of its own for one run.
struct World {
    let output: RecordingSink
    let error: RecordingSink
    let time = FakeTime()
    let context: Context

    init(
        environment: [String: Word] = [:], isTerminal: Bool = false, isCapable: Bool = true,
        hasColor: Bool = false, width: Int? = 80, folder: Path = "/nowhere",
        outputFailure: DiskError? = nil
    ) {
        output = RecordingSink(failingWith: outputFailure)
        error = RecordingSink()
        context = Context(
            console: Console(
                output: output, error: error,
                terminal: Terminal(
                    isOutput: isTerminal, isError: isTerminal, isCapable: isCapable,
                    hasColor: hasColor, width: { width })),
            canAsk: isTerminal, environment: { environment[$0] }, clock: time.clock,
            currentFolder: folder, systemFolder: folder.appending("etc"),
            listenForSignals: { StopRequest() })
    }

    func run(_ words: Word..., table: CommandTable = .standard) -> Ending {
        Program(table: table, context: context).run(words)
    }
}

/// What a command was given, for tests of everything before it.
final class Captured: Sendable {
    private let kept = Monitor<Arguments?>(nil)
    var arguments: Arguments? { kept.update { $0 } }

    /// A table whose commands keep their arguments and do nothing.
    var table: CommandTable {
        CommandTable(
            commands: CommandTable.standard.commands.map { command in
                Command(
                    name: command.name, aliases: command.aliases, summary: command.summary,
                    detail: command.detail, positionals: command.positionals,
                    flags: command.flags, examples: command.examples, isHidden: command.isHidden,
                    run: { arguments, _ in
                        self.kept.update { $0 = arguments }
                        return .success
                    })
            })
    }
}

/// The arguments that these words come to; nil if they were refused.
func arguments(_ words: Word..., in world: World = World()) -> Arguments? {
    let captured = Captured()
    _ = Program(table: captured.table, context: world.context).run(words)
    return captured.arguments
}

/// The line that these words are refused with.
func refusal(_ words: Word..., in world: World = World()) -> String {
    let ending = Program(table: Captured().table, context: world.context).run(words)
    return ending == .exit(.usage) ? world.error.text : "not refused: \(ending)"
}

/// A file for a test to find.
func put(_ text: String, at path: Path) throws {
    let folder = try Folder.creating(path.parent)
    try folder.publish(path.lastComponent, Array(text.utf8))
}
