import DatasetManifest
import Disk
import TorrentFetch

/// How far a download of several files is, all of them together.
struct FetchRun: Sendable {
    /// The bytes of each file that is to be downloaded or verified; nil where nobody knows.
    private var sizes: [String: Int64?] = [:]
    private var number = 0
    private var finished: Set<String> = []

    /// Of a single file.
    init() {}

    init(_ plan: FetchPlan) {
        sizes = Dictionary(
            plan.items.filter(\.isToDo).map { ($0.file.name, $0.classes?.bytes ?? $0.size) },
            uniquingKeysWith: { first, _ in first })
    }

    mutating func start(_ name: String) {
        if sizes[name] != nil { number += 1 }
    }

    /// A file that failed is counted too: nothing more comes of it.
    mutating func end(_ name: String) { finished.insert(name) }

    /// The progress of one file as a part of all.
    mutating func snapshot(_ now: FetchProgress) -> ProgressSnapshot {
        let name = now.file.name
        var shown = ProgressSnapshot(
            stage: "downloading \(escaped(name))", done: now.proven, total: now.size)
        guard number > 0, sizes.count > 1 else { return shown }
        sizes[name] = .some(now.size)
        let known = sizes.values.compactMap { $0 }
        guard known.count == sizes.count else { return shown }
        shown.file = file(name, done: now.proven, of: now.size)
        let whole = finished.filter { $0 != name }.compactMap { sizes[$0] ?? nil }
        shown.done = (whole + [now.proven]).limitedSum
        shown.total = known.limitedSum
        return shown
    }

    private func file(
        _ name: String, done: Int64, of total: Int64
    ) -> ProgressSnapshot.File {
        ProgressSnapshot.File(
            name: name, number: number, count: sizes.count, done: done, total: total)
    }
}
