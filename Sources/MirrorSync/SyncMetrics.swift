public import DataFolder
public import Disk

/// The result of a run for Prometheus, in the text format of node_exporter's textfile collector. It
/// is renamed into place, so it is never read half.
public struct SyncMetrics: Sendable {
    private let path: Path

    public init(_ path: Path) { self.path = path }

    /// - Parameter upstreams: the mirrors that this one copies from.
    public func write(
        _ summary: SyncSummary, exitStatus: Int, upstreams: [Upstream] = []
    ) throws(DiskError) {
        let now = summary.began.secondsSince1970 + Int64(summary.seconds)
        let success = exitStatus == 0 ? now : lastSuccess
        var text = MetricsText()
        text.add("last_run_timestamp_seconds", "When the last run ended.", "\(now)")
        if let success {
            text.add(Self.success, "When the last run without failures ended.", "\(success)")
        }
        text.add("last_exit_code", "The exit status of the last run.", "\(exitStatus)")
        text.add(
            "duration_seconds", "How long the last run took.",
            "\((summary.seconds * 1000).rounded() / 1000)")
        text.add(
            "fetched_bytes", "Bytes downloaded in the last run, by source.", by: "source",
            [
                ("swarm", "\(summary.bytesFromSwarm)"),
                ("mirrors", "\(summary.bytesFromMirrors)"),
            ])
        text.add("proven_bytes", "Bytes verified in the last run.", "\(summary.provenBytes)")
        text.add(
            "damaged_pieces", "Pieces found damaged in the last run.", "\(summary.damagedPieces)")
        text.add(
            "repaired_pieces", "Pieces repaired in the last run.", "\(summary.repairedPieces)")
        text.add("failed_files", "Files that failed in the last run.", "\(summary.failures.count)")
        text.add("files", "Files to keep.", "\(summary.filesWanted)")
        text.add("proven_files", "Files present and verified.", "\(summary.filesProven)")
        if let oldest = summary.oldestProof {
            text.add(
                "oldest_proof_age_seconds", "The age of the oldest verification.",
                "\(max(now - oldest.secondsSince1970, 0))")
        }
        let time = UTCTime(secondsSince1970: now)
        let ages = upstreams.compactMap { upstream in
            upstream.age(at: time).map { age in
                (label: upstream.mirror, value: "\(age.components.seconds)")
            }
        }
        if !ages.isEmpty {
            text.add(
                "upstream_age_seconds", "How long ago a mirror that is copied from synced.",
                by: "mirror", ages)
        }
        if !upstreams.isEmpty {
            text.add(
                "upstream_stale", "Whether that is too long ago.", by: "mirror",
                upstreams.map { ($0.mirror, $0.isStale(at: time) ? "1" : "0") })
            text.add(
                "upstream_lies", "Contradictions found in what it publishes.", by: "mirror",
                upstreams.map { ($0.mirror, "\($0.lies.count)") })
        }
        try NamedFile(path).publish(text.bytes, synced: false)
    }

    private static let success = "last_success_timestamp_seconds"

    /// A failed run keeps the time of the last success.
    private var lastSuccess: Int64? {
        guard let file = try? FileDescriptor(path, .readingNoLink),
            let bytes = try? file.contents(limit: 1 << 20)
        else { return nil }
        let prefix = "\(MetricsText.prefix)\(Self.success) "
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(prefix) }
        return line.flatMap { Int64($0.dropFirst(prefix.count)) }
    }
}
