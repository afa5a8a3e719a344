import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

// Who hears of a run when it is over: monitoring, a page, hooks.
extension SyncCommand {
    /// Tells all who want to know; one that cannot be told keeps none of the others from hearing it.
    ///
    /// - Returns: the status, or what went wrong here where nothing else has.
    static func tell(
        _ summary: SyncSummary, _ status: ExitStatus, _ sets: [MirrorSync.DataSet],
        _ data: DataFolder, _ arguments: Arguments, _ context: Context, _ log: SyncLog,
        _ stop: StopRequest
    ) -> ExitStatus {
        var status = status
        let attempt = { (work: () throws -> Void) in
            do {
                try work()
            } catch {
                log.fail(error)
                if status == .success { status = Report.status(of: error) }
            }
        }
        attempt {
            guard let path = arguments.sync.metrics.map(context.resolve) else { return }
            try SyncMetrics(path).write(summary, exitStatus: Int(status.rawValue))
        }
        attempt {
            guard let page = arguments.status.page else { return }
            try writePage(page, sets, data, arguments, context)
        }
        runHooks(summary, status, data, arguments, context, stop)
        return status
    }

    private static func writePage(
        _ path: Path, _ sets: [MirrorSync.DataSet], _ data: DataFolder, _ arguments: Arguments,
        _ context: Context
    ) throws {
        let sections = try sets.map { set in
            try StatusCommand.section(set.manifest, set.selected, arguments, context)
        }
        try StatusCommand.writePage(path, sections, arguments, context)
    }

    private static func runHooks(
        _ summary: SyncSummary, _ status: ExitStatus, _ data: DataFolder, _ arguments: Arguments,
        _ context: Context, _ stop: StopRequest
    ) {
        let lines = { (names: [String]) in names.joined(separator: "\n") }
        let variables = [
            "STATUS": "\(status.rawValue)", "DATA": data.path.description,
            "FETCHED": lines(summary.fetched), "REPAIRED": lines(summary.repaired),
            "PUBLISHED": lines(summary.published), "WITHDRAWN": lines(summary.withdrawn),
            "FAILED": lines(summary.failures.compactMap(\.file?.name)),
        ]
        if summary.hasChanged, let command = arguments.sync.changeHook {
            Hook(command, variables).run(context.console, stop)
        }
        if status != .success, let command = arguments.sync.failureHook {
            Hook(command, variables).run(context.console, stop)
        }
    }
}
