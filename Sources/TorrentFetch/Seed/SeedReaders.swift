internal import Disk

/// The threads that read and hash pieces for peers, for all files of a session.
final class SeedReaders: Sendable {
    private struct State {
        /// Few: libtorrent asks for no more than a peer's send buffer takes.
        var queue: ArraySlice<@Sendable () -> Void> = []
        var isClosed = false
    }

    private let state: Monitor<State>
    private let threads: [Thread]

    init(threads count: Int = max(Workers.processors, 2)) {
        let state = Monitor(State())
        self.state = state
        threads = (0..<min(count, 4)).map { _ in
            Thread {
                while true {
                    let work: (@Sendable () -> Void)? = state.wait { state in
                        if let next = state.queue.popFirst() { return .some(next) }
                        return state.isClosed ? .some(nil) : nil
                    }
                    guard let work else { return }
                    work()
                }
            }
        }
    }

    /// - Returns: false after `close()`.
    func perform(_ work: @escaping @Sendable () -> Void) -> Bool {
        state.update { state in
            if state.isClosed { return false }
            state.queue.append(work)
            return true
        }
    }

    /// Everything in the queue is still done.
    ///
    /// - Parameter waits: false if a disk may not answer.
    func close(waits: Bool) {
        state.update { $0.isClosed = true }
        if waits { for thread in threads { thread.join() } }
    }
}
