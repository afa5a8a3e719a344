internal import Disk

/// The mirrors at work: a pool and its thread, until they leave or are all dropped.
final class MirrorShift {
    let pool: MirrorPool
    private let thread: Thread
    private let outcome: Monitor<Result<MirrorPool.Outcome, FetchError>?>

    init(_ pool: MirrorPool) {
        let outcome = Monitor<Result<MirrorPool.Outcome, FetchError>?>(nil)
        self.pool = pool
        self.outcome = outcome
        thread = Thread {
            let result = Result { () throws(FetchError) in try pool.run() }
            outcome.update { $0 = result }
        }
    }

    /// How it ended by itself; nil while it runs.
    var end: Result<MirrorPool.Outcome, FetchError>? { outcome.read { $0 } }

    var reports: [MirrorReport] { pool.reports }

    var speed: Double { reports.reduce(0) { $0 + $1.speed } }

    /// Ends it, and waits until nothing of it is left.
    func leave() {
        pool.stop()
        thread.join()
    }
}
