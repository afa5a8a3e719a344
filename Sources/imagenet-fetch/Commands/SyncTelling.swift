import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// Reports a finished run, however it ended: metrics, page, hooks.
struct SyncTelling {
    let sets: [MirrorSync.DataSet]
    let data: DataFolder
    let arguments: Arguments
    let context: Context
    let log: SyncLog
    let stop: StopRequest

    /// Each report is made even if another one fails.
    ///
    /// - Parameter exitStatus: the status of the run, signals included.
    /// - Returns: the status of a failed report.
    func callAsFunction(_ summary: SyncSummary, _ exitStatus: Int) -> ExitStatus? {
        var failure: ExitStatus?
        let attempt = { (work: () throws -> Void) in
            do {
                try work()
            } catch {
                log.fail(error)
                failure = failure ?? Report.status(of: error)
            }
        }
        attempt {
            guard let path = arguments.sync.metrics.map(context.resolve) else { return }
            try SyncMetrics(path).write(
                summary, exitStatus: exitStatus, upstreams: UpstreamStore(data).latest)
        }
        attempt {
            guard let page = arguments.status.page else { return }
            try writePage(page)
        }
        let status = exitStatus == 0 ? failure.map { Int($0.rawValue) } ?? 0 : exitStatus
        runHooks(summary, status)
        return failure
    }

    private func writePage(_ path: Path) throws {
        let sections = try sets.map { set in
            try StatusCommand.section(set.manifest, set.selected, arguments, context)
        }
        try StatusCommand.writePage(path, sections, arguments, context)
    }

    private func runHooks(_ summary: SyncSummary, _ status: Int) {
        let lines = { (names: [String]) in names.joined(separator: "\n") }
        let variables = [
            "STATUS": "\(status)", "DATA": data.path.description,
            "FETCHED": lines(summary.fetched), "REPAIRED": lines(summary.repaired),
            "PUBLISHED": lines(summary.published), "WITHDRAWN": lines(summary.withdrawn),
            "FAILED": lines(summary.failures.compactMap(\.file?.name)),
        ]
        if summary.hasChanged, let command = arguments.sync.changeHook {
            Hook(command, variables).run(context.console, stop)
        }
        if status != 0, let command = arguments.sync.failureHook {
            Hook(command, variables).run(context.console, stop)
        }
    }
}

/// Reports events during a run: to the log, and as JSON like `fetch`.
struct SyncEvents: Sendable {
    private let log: SyncLog
    /// Only for programs: nobody is watching.
    private let fetching: FetchReport?

    init(_ log: SyncLog, _ arguments: Arguments, _ context: Context) {
        self.log = log
        fetching = arguments.isJSON ? FetchReport(context, arguments) : nil
    }

    func tell(_ event: MirrorSync.Event) {
        log.tell(event)
        guard let fetching else { return }
        switch event {
        case .fetch(.started), .fetch(.note), .fetch(.done):
            if case .fetch(let event) = event { fetching.tell(event) }
        // The final failure is reported once, whatever was tried.
        case .failed(let file?, let error): fetching.tell(.failed(file, error))
        default: break
        }
    }
}
