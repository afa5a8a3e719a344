import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// Who hears of a run when it is over, however it ended: monitoring, a page, hooks.
struct SyncTelling {
    private let sets: [MirrorSync.DataSet]
    private let data: DataFolder
    private let arguments: Arguments
    private let context: Context
    private let log: SyncLog
    private let stop: StopRequest

    init(
        _ sets: [MirrorSync.DataSet], _ data: DataFolder, _ arguments: Arguments,
        _ context: Context, _ log: SyncLog, _ stop: StopRequest
    ) {
        self.sets = sets
        self.data = data
        self.arguments = arguments
        self.context = context
        self.log = log
        self.stop = stop
    }

    /// Tells all who want to know; one that cannot be told keeps none of the others from hearing it.
    ///
    /// - Parameter exitStatus: how the run ends, signals included.
    /// - Returns: what went wrong here.
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
            try SyncMetrics(path).write(summary, exitStatus: exitStatus)
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

/// What is told while a run goes on: to the log, and for programs what `fetch` tells them.
struct SyncEvents: Sendable {
    private let log: SyncLog
    /// Only for programs: nobody watches.
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
        // What ends with the run is told once, whatever was tried.
        case .failed(let file?, let error): fetching.tell(.failed(file, error))
        default: break
        }
    }
}
