import Disk
import Glibc

/// What standard output and error are connected to.
struct Terminal: Sendable {
    let isOutput: Bool
    let isError: Bool
    /// It can redraw a line: TERM is set and not "dumb".
    let isCapable: Bool
    let hasColor: Bool
    /// Queried for every drawn line, so that no SIGWINCH can be missed.
    let width: @Sendable () -> Int?
}

/// All output: results to standard output, everything else to standard error. One lock guards both,
/// so no message lands in a progress line.
final class Console: Sendable {
    let terminal: Terminal
    private let output: any Sink
    private let error: any Sink
    private let state = Monitor(State())
    /// Results become notes, because another command's results are the result.
    private let resultsAreNotes: Bool

    private struct State {
        var pending: [UInt8] = []
        /// Warnings already shown.
        var warnings: Set<String> = []
        var isBarShown = false
        var verbosity = Verbosity.normal
        /// The options that a command in a hint must repeat.
        var repeatedOptions = ""
        /// What was done last, for a run that is stopped.
        var place: ProgressSnapshot?
        /// Why results could not be written; later ones are dropped.
        var failure: DiskError?
    }

    /// The buffer size when no person is waiting.
    private static let bufferSize = 64 << 10

    init(
        output: any Sink, error: any Sink, terminal: Terminal, resultsAreNotes: Bool = false
    ) {
        self.output = output
        self.error = error
        self.terminal = terminal
        self.resultsAreNotes = resultsAreNotes
    }

    /// A console for a command that runs inside another, whose results are only notes.
    func forNotesOnly() -> Console {
        let console = Console(
            output: output, error: error, terminal: terminal, resultsAreNotes: true)
        let (verbosity, options) = state.read { ($0.verbosity, $0.repeatedOptions) }
        console.adapt(to: verbosity, repeating: options)
        return console
    }

    /// Applies options of the command line.
    func adapt(to verbosity: Verbosity, repeating options: String) {
        state.update {
            $0.verbosity = verbosity
            $0.repeatedOptions = options
        }
    }

    // MARK: Results

    /// A line of results, to standard output.
    ///
    /// - Throws: if it cannot be written; commands let that error pass.
    func result(_ line: String) throws(DiskError) {
        if resultsAreNotes { return note(line) }
        try write(Array((line + "\n").utf8))
    }

    /// Raw bytes of results, to standard output.
    func write(_ bytes: [UInt8]) throws(DiskError) {
        try state.update { state throws(DiskError) in
            state.pending += bytes
            if terminal.isOutput || state.pending.count >= Self.bufferSize {
                try flush(&state)
            }
        }
    }

    /// Writes the buffer: at the end, and whenever somebody may be waiting for a line.
    ///
    /// - Throws: also the error of an earlier line, so that it is reported at the end at the
    ///   latest.
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

    /// A line for whoever watches; not with `--quiet`.
    func note(_ line: String) { message(line, from: .normal) }

    /// A line for `--verbose`.
    func detail(_ line: String) { message(line, from: .verbose) }

    /// A problem that does not end the run; the same one is shown once.
    func warn(_ line: String) {
        guard state.update({ $0.warnings.insert(line).inserted }) else { return }
        message(labelled("warning", "33", line), from: .quiet)
    }

    /// The error that ends the run.
    func fail(_ line: String) { message(labelled("error", "31", line), from: .quiet) }

    /// A line below an error, always shown.
    func explain(_ line: String) { message(line, from: .quiet) }

    /// The hint below an error.
    func advise(_ remedy: Remedy) { explain("hint: \(words(remedy))") }

    /// A remedy as text, with the options of this run.
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

    /// Keeps where the work is, whether progress is shown or not.
    func follow(_ place: ProgressSnapshot) { state.update { $0.place = place } }

    /// One line for whoever stopped the run: how far it came.
    ///
    /// - Parameter continues: whether the same command goes on from there.
    func tellStop(_ why: String = "stopped", continues: Bool) {
        let place = state.read { $0.place?.words }
        guard place != nil || continues else { return }
        let rest = continues ? "; the same command continues" : ""
        note(why + (place.map { " while \($0)" } ?? "") + rest)
    }

    /// Draws over the previous progress line; nil erases it.
    func drawBar(_ line: String?) {
        state.update { state in
            guard let line else { return eraseBar(&state) }
            send("\r\(line)\u{1B}[K")
            state.isBarShown = true
        }
    }

    /// A full line of progress, where nothing can be redrawn.
    func progressLine(_ line: String) { state.update { _ in send(line + "\n") } }

    private func eraseBar(_ state: inout State) {
        if state.isBarShown { send("\r\u{1B}[K") }
        state.isBarShown = false
    }

    /// If standard error cannot be written, there is nobody to tell.
    private func send(_ text: String) { try? error.write(Array(text.utf8)) }
}
