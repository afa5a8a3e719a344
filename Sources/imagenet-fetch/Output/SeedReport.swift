import DatasetManifest
import Disk
import TorrentFetch

/// The output of `seed`: notes, a line of progress and a sum, or events for programs; and metrics.
final class SeedReport: Sendable {
    private let context: Context
    private let isJSON: Bool
    private let metrics: Path?
    private let progress: Progress
    private let state = Monitor(State())

    private struct State {
        /// How much will have been given at the end; nil if nobody said.
        var goal: Int64?
        var metricsTime: Duration?
        var eventTime: Duration?
        var given: Int64 = 0
    }

    static let metricsInterval = Duration.seconds(15)
    private static let eventInterval = Duration.seconds(5)
    private static let schema = "imagenet-fetch.seed/1"

    init(_ context: Context, _ arguments: Arguments) {
        self.context = context
        isJSON = arguments.isJSON
        metrics = arguments.seed.metrics.map(context.resolve)
        progress = context.progress(arguments)
    }

    // MARK: The start

    /// The error itself is told by the command.
    func refuse(_ file: ManifestFile, _ error: any Error) {
        send("refused", ["file": .string(file.name), "error": .string(Self.message(error))])
    }

    func begin(_ offers: [SeedOffer], ratio: Double?) {
        let bytes = offers.map(\.bytes).limitedSum
        if let ratio {
            let goal = Double(bytes) * ratio
            state.update { $0.goal = goal < 1e18 ? Int64(goal.rounded(.up)) : nil }
        }
        for offer in offers {
            send(
                "offered",
                [
                    "file": .string(offer.file.name), "bytes": .int(offer.bytes),
                    "whole": .bool(offer.isWhole),
                ])
            if isJSON || offer.isWhole { continue }
            context.console.note(
                "\(escaped(offer.file.name)): unfinished; its \(Shown.bytes(offer.bytes)) are seeded"
            )
        }
        if !isJSON {
            let files = Shown.counted(offers.count, "file", "files")
            context.console.note("\(files) to seed, \(Shown.bytes(bytes))")
        }
    }

    // MARK: Events

    func tell(_ event: SeedEvent) {
        switch event {
        case .listening(let port):
            send("listening", ["port": .int(Int64(port))])
            if !isJSON, port > 0 { context.console.note("listening on port \(port)") }
        case .note(let text):
            send("note", ["text": .string(text)])
            if !isJSON { context.console.note(text) }
        case .progress(let now): show(now)
        case .failed(let file, let error):
            send("damaged", ["file": .string(file.name), "error": .string(Self.message(error))])
            _ = Report(console: context.console).tell(error)
        }
    }

    private func show(_ now: SeedProgress) {
        let count = now.files.count { $0.isSeeded }
        progress.update(
            ProgressSnapshot(
                stage: "seeding \(Shown.counted(count, "file", "files"))", done: now.given,
                total: state.read { $0.goal },
                source: Shown.counted(now.peers, "peer", "peers")
                    + ", ratio \(Self.ratio(now.ratio))"))
        let time = context.clock.now()
        let (isMetricsDue, isEventDue) = state.update { state in
            let isMetricsDue = state.metricsTime.map { time - $0 >= Self.metricsInterval } ?? true
            let isEventDue =
                state.given != now.given
                && (state.eventTime.map { time - $0 >= Self.eventInterval } ?? true)
            if isMetricsDue { state.metricsTime = time }
            if isEventDue { (state.eventTime, state.given) = (time, now.given) }
            return (isMetricsDue, isEventDue)
        }
        if isMetricsDue { writeMetrics(now) }
        if isEventDue { send("progress", Self.numbers(now)) }
    }

    // MARK: The end

    /// Nothing more is given.
    func end() { progress.end() }

    func conclude(_ result: SeedResult, _ status: ExitStatus) {
        let last = result.progress
        writeMetrics(last, isOver: true)
        if isJSON {
            return send(
                "done",
                [
                    "given": .int(last.given), "offered": .int(last.offered),
                    "ratio": .number(last.ratio), "peakPeers": .int(Int64(last.peakPeers)),
                    "failed": .int(Int64(result.failures.count)),
                    "exitStatus": .int(Int64(status.rawValue)),
                ])
        }
        let peers =
            last.peakPeers == 0
            ? "" : ", up to \(Shown.counted(last.peakPeers, "peer", "peers")) at a time"
        try? context.console.result(
            "\(Shown.bytes(last.given)) given, ratio \(Self.ratio(last.ratio))\(peers)")
    }

    // MARK: Parts

    private func send(_ event: String, _ more: KeyValuePairs<String, JSON?>) {
        guard isJSON, case .object(let members) = JSON.members(more),
            case .object(let head) = JSON.line(schema: Self.schema, ["event": .string(event)])
        else { return }
        // A failed write is reported at the end of the run.
        try? context.console.result(JSON.object(head + members))
    }

    private static func numbers(_ now: SeedProgress) -> KeyValuePairs<String, JSON?> {
        [
            "given": .int(now.given), "offered": .int(now.offered), "ratio": .number(now.ratio),
            "rate": .int(Int64(now.rate)), "peers": .int(Int64(now.peers)),
        ]
    }

    private static func message(_ error: any Error) -> String {
        (error as? any Failure)?.message ?? escaped("\(error)")
    }

    /// `0.52`
    private static func ratio(_ ratio: Double) -> String {
        let hundredths = Int64(min(ratio, 1e12) * 100)
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private func writeMetrics(_ now: SeedProgress, isOver: Bool = false) {
        guard let metrics else { return }
        var text = MetricsText()
        text.add("seed_running", "Whether archives are being seeded.", isOver ? "0" : "1")
        text.add(
            "seed_given_bytes_total", "Bytes given since the start.", by: "file",
            now.files.map { ($0.file.name, "\($0.given)") })
        text.add(
            "seed_offered_bytes", "Bytes that can be given.", by: "file",
            now.files.map { ($0.file.name, "\($0.isSeeded ? $0.offered : 0)") })
        text.add(
            "seed_damaged_files", "Files that were found damaged.",
            "\(now.files.count { !$0.isSeeded })")
        text.add("seed_peers", "Connected peers.", "\(isOver ? 0 : now.peers)")
        text.add(
            "seed_upload_bytes_per_second", "The upload rate.", "\(isOver ? 0 : now.rate)")
        text.add("seed_ratio", "Bytes given, as a share of those offered.", "\(now.ratio)")
        do throws(DiskError) {
            try NamedFile(metrics).publish(text.bytes, synced: false)
        } catch {
            context.console.warn("cannot write the metrics: \(error.message)")
        }
    }
}
