import DatasetExport
import Disk

/// What `untar` tells: progress in files, a line a tree.
final class UntarReport: Sendable {
    private let context: Context
    private let isJSON: Bool
    private let progress: Progress
    private let start: Duration

    init(_ context: Context, _ arguments: Arguments) {
        start = context.clock.now()
        self.context = context
        isJSON = arguments.isJSON
        progress = context.progress(arguments)
    }

    func update(_ now: Unpacker.Progress, _ name: String) {
        // What is over in a moment needs no progress.
        guard context.clock.now() - start >= .seconds(1) else { return }
        let stage =
            switch now.stage {
            case .surveying: "listing"
            case .writing: "unpacking"
            case .checking: "comparing"
            }
        progress.update(
            ProgressSnapshot(
                stage: "\(stage) \(escaped(name))", done: Int64(now.files),
                total: now.totalFiles.map { Int64($0) }, unit: .items,
                source: now.bytes > 0 ? Shown.bytes(now.bytes) : nil))
    }

    func end() { progress.end() }

    func tell(_ summary: Unpacker.Summary) throws {
        progress.end()
        let refilled = summary.refilledFolders
        if isJSON {
            return try context.console.result(
                .line(
                    schema: "imagenet-fetch.untar/1",
                    [
                        "path": .path(summary.path), "alreadyDone": .bool(summary.isAlreadyDone),
                        "files": .int(summary.files), "folders": .int(summary.folders),
                        "bytes": .int(summary.bytes), "verified": .bool(summary.isVerified),
                        "linked": .bool(summary.isLinked),
                        "refilledFolders": refilled > 0 ? .int(Int64(refilled)) : nil,
                    ]))
        }
        let state =
            refilled > 0
            ? "refilled, files were missing in \(Shown.counted(refilled, "folder", "folders"))"
            : summary.isAlreadyDone ? "already done" : summary.isLinked ? "linked" : "done"
        let count = summary.folders
        let folders =
            count == 0 ? "" : " in \(Shown.count(count)) \(count == 1 ? "folder" : "folders")"
        let verified = summary.isVerified ? ", the same as in the archive" : ""
        try context.console.result(
            "\(summary.path): \(state) (\(Shown.count(summary.files)) files\(folders), "
                + "\(Shown.bytes(summary.bytes))\(verified))")
        try context.console.flush()
    }
}
