import Disk
import Glibc

/// What stands at the other end of our streams.
struct Terminal: Sendable {
    let isOutput: Bool
    let isError: Bool
    /// It can redraw a line: TERM is set and not "dumb".
    let isCapable: Bool
    let hasColor: Bool
    /// Asked anew for every line that is drawn, so that no SIGWINCH can be missed.
    let width: @Sendable () -> Int?
}

/// The only way out: results to standard output, all else to standard error. One lock around both,
/// so that no message ever lands in a progress line.
final class Console: Sendable {
    let terminal: Terminal
    private let output: any Sink
    private let error: any Sink
    private let state = Monitor(State())
    /// Whether what another command calls its results is only told here.
    private let resultsAreNotes: Bool

    private struct State {
        var pending: [UInt8] = []
        /// Those that were told.
        var warnings: Set<String> = []
        var isBarShown = false
        var verbosity = Verbosity.normal
        /// The options of this run that a command in a hint needs too.
        var repeatedOptions = ""
        /// Why results could not be written; the rest of them is not either.
        var failure: DiskError?
    }

    /// As much as is gathered before it is written, where no person waits for it.
    private static let bufferSize = 64 << 10

    init(
        output: any Sink, error: any Sink, terminal: Terminal, resultsAreNotes: Bool = false
    ) {
        self.output = output
        self.error = error
        self.terminal = terminal
        self.resultsAreNotes = resultsAreNotes
    }

    /// The same for a command that runs on the way of another one, whose results are the result.
    func forNotesOnly() -> Console {
        let console = Console(
            output: output, error: error, terminal: terminal, resultsAreNotes: true)
        let (verbosity, options) = state.read { ($0.verbosity, $0.repeatedOptions) }
        console.adapt(to: verbosity, repeating: options)
        return console
    }

    /// What the command line says of all that is told.
    func adapt(to verbosity: Verbosity, repeating options: String) {
        state.update {
            $0.verbosity = verbosity
            $0.repeatedOptions = options
        }
    }

    // MARK: Results

    /// A line of results, to standard output.
    ///
    /// - Throws: where nobody takes it; commands let that pass through.
    func result(_ line: String) throws(DiskError) {
        if resultsAreNotes { return note(line) }
        try write(Array((line + "\n").utf8))
    }

    /// Bytes of results as they are, to standard output.
    func write(_ bytes: [UInt8]) throws(DiskError) {
        try state.update { state throws(DiskError) in
            state.pending += bytes
            if terminal.isOutput || state.pending.count >= Self.bufferSize {
                try flush(&state)
            }
        }
    }

    /// Brings out what was gathered: at the end, and wherever somebody may wait for a line.
    ///
    /// - Throws: also what kept an earlier line from being written: who passed over it then is told
    ///   at the end.
    func flush() throws(DiskError) {
        try state.update { state throws(DiskError) in try flush(&state) }
    }

    private func flush(_ state: inout State) throws(DiskError) {
        let bytes = state.pending
        state.pending = []
        if let failure = state.failure { throw failure }
        if bytes.isEmpty { return }
        if terminal.isOutput { eraseBar(&state) }
        do throws(DiskError) {
            try output.write(bytes)
        } catch {
            state.failure = error
            throw error
        }
    }

    // MARK: Messages

    /// A line that is of use to whoever watches; not with `--quiet`.
    func note(_ line: String) { message(line, from: .normal) }

    /// A line for those who asked for more.
    func detail(_ line: String) { message(line, from: .verbose) }

    /// A fault that does not end the run. Whoever meets the same one again need not know.
    func warn(_ line: String) {
        guard state.update({ $0.warnings.insert(line).inserted }) else { return }
        message(labelled("warning", "33", line), from: .quiet)
    }

    /// The error that ends the run.
    func fail(_ line: String) { message(labelled("error", "31", line), from: .quiet) }

    /// A line below an error: shown whatever was asked for.
    func explain(_ line: String) { message(line, from: .quiet) }

    /// What to do next, below an error.
    func advise(_ remedy: Remedy) { explain("hint: \(words(remedy))") }

    /// A remedy in the words of the command line, with the options of this run.
    func words(_ remedy: Remedy) -> String {
        remedy.words(state.read { $0.repeatedOptions })
    }

    private func message(_ line: String, from level: Verbosity) {
        state.update { state in
            guard state.verbosity >= level else { return }
            eraseBar(&state)
            send(line + "\n")
        }
    }

    private func labelled(_ label: String, _ color: String, _ line: String) -> String {
        let shown = terminal.hasColor ? "\u{1B}[1;\(color)m\(label):\u{1B}[0m" : "\(label):"
        return "\(Version.name): \(shown) \(line)"
    }

    // MARK: Progress

    /// Draws a line over the one that was drawn before; nil erases it.
    func drawBar(_ line: String?) {
        state.update { state in
            guard let line else { return eraseBar(&state) }
            send("\r\(line)\u{1B}[K")
            state.isBarShown = true
        }
    }

    /// A whole line of progress, for where nothing can be redrawn.
    func progressLine(_ line: String) { state.update { _ in send(line + "\n") } }

    private func eraseBar(_ state: inout State) {
        if state.isBarShown { send("\r\u{1B}[K") }
        state.isBarShown = false
    }

    /// Where standard error cannot be written there is nobody to tell.
    private func send(_ text: String) { try? error.write(Array(text.utf8)) }
}
