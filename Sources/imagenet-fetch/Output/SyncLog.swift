import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// The output of `sync`: everything to the log, failures also to standard error, and more only with
/// `--verbose`.
final class SyncLog: Sendable {
    private let path: Path?
    private let console: Console
    private let isBroken = Monitor(false)

    init(_ path: Path?, _ console: Console) {
        self.path = path
        self.console = console
    }

    func tell(_ event: MirrorSync.Event) {
        switch event {
        case .fetch(let event): tell(event)
        case .verified(let verification): tell(verification)
        case .repaired(let file, let pieces):
            let what = Shown.counted(pieces, "piece", "pieces")
            say("\(escaped(file.name)): repaired" + (pieces > 0 ? ", \(what) downloaded" : ""))
        case .failed(let file, let error):
            fail(error, about: file.map { escaped($0.name) })
        case .published(let name): say("\(escaped(name)): published")
        case .note(let text): say(text)
        case .upstream(let text, let isNews):
            if isNews { console.warn(text) } else { console.detail(text) }
            write(text)
        case .withdrawn(let name): say("\(escaped(name)): not published until it is repaired")
        }
    }

    func fail(_ error: any Error, about name: String? = nil) {
        let failure = error as? any Failure
        var line = failure?.message ?? escaped("\(error)")
        if let name, !line.contains(name) { line = "\(name): \(line)" }
        console.fail(line)
        write("failed: \(line)")
        if let hint = failure?.hint { write("hint: \(console.words(hint))") }
    }

    private func tell(_ event: FetchEvent) {
        switch event {
        case .note(let file, let text): say("\(escaped(file.name)): \(text)")
        case .done(let file, let result) where !result.wasThere:
            let swarm = Shown.bytes(result.fromSwarm)
            let mirrors = Shown.bytes(result.mirrorBytes)
            say(
                "\(escaped(file.name)): verified (\(swarm) from the swarm, \(mirrors) from mirrors)"
            )
        case .started(let file): console.detail("\(escaped(file.name)): started")
        // Failures are reported by the run itself.
        case .reading, .progress, .done, .failed: return
        }
    }

    private func tell(_ verification: Verification) {
        let name = escaped(verification.target.file.name)
        switch verification.status {
        case .ok: say("\(name): verified again")
        case .missing: say("\(name): missing")
        case .failed, .unreadable:
            var reason = verification.diagnosis?.sentence ?? "it cannot be read"
            if reason.hasPrefix("damaged: ") { reason.removeFirst("damaged: ".count) }
            say("\(name): damaged (\(reason))")
        }
        for note in verification.notes { say("\(name): \(note)") }
    }

    func end(_ summary: SyncSummary, _ status: ExitStatus) {
        let tenths = Int((min(summary.seconds, 1e9) * 10).rounded())
        say(
            "exit status \(status.rawValue) after \(tenths / 10).\(tenths % 10) s: "
                + "\(summary.filesProven) of \(summary.filesWanted) files verified, "
                + "\(summary.fetched.count) downloaded, "
                + "\(summary.verified.count) verified again, "
                + "\(summary.repaired.count) repaired, "
                + Shown.counted(summary.failures.count, "failure", "failures"))
    }

    func end(_ error: any Error) {
        write("ended early: \((error as? any Failure)?.message ?? escaped("\(error)"))")
    }

    private func say(_ line: String) {
        console.detail(line)
        write(line)
    }

    /// Opened for each line, so that the log can be rotated.
    private func write(_ line: String) {
        guard let path else { return }
        do throws(DiskError) {
            let folder = try Folder(path.parent)
            let file = try folder.file(path.lastComponent, .openingOrCreating, mode: 0o644)
            try file.write(Array("\(UTCTime.now) \(line)\n".utf8), at: try file.size())
        } catch {
            let isFirst = isBroken.update { isBroken in
                defer { isBroken = true }
                return !isBroken
            }
            if isFirst { console.warn(error.message) }
        }
    }
}
