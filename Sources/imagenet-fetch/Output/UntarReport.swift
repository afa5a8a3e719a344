import DatasetExport
import Disk

/// The output of `untar`: progress in files, a line per tree.
final class UntarReport: Sendable {
    private let context: Context
    private let isJSON: Bool
    private let progress: Progress

    init(_ context: Context, _ arguments: Arguments) {
        self.context = context
        isJSON = arguments.isJSON
        progress = context.progress(arguments, after: .seconds(1))
    }

    func update(_ now: Unpacker.Progress, _ name: String) {
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
                schema: "imagenet-fetch.untar/1",
                [
                    "path": .path(summary.path), "alreadyDone": .bool(summary.isAlreadyDone),
                    "files": .int(summary.files), "folders": .int(summary.folders),
                    "bytes": .int(summary.bytes), "verified": .bool(summary.isVerified),
                    "linked": .bool(summary.isLinked),
                    "refilledFolders": refilled > 0 ? .int(Int64(refilled)) : nil,
                ])
        }
        let state =
            refilled > 0
            ? "restored missing files in \(Shown.counted(refilled, "folder", "folders"))"
            : summary.isAlreadyDone ? "already done" : summary.isLinked ? "linked" : "done"
        let folders =
            summary.folders == 0
            ? "" : " in " + Shown.counted(Int(clamping: summary.folders), "folder", "folders")
        let verified = summary.isVerified ? ", the same as in the archive" : ""
        try context.console.result(
            "\(summary.path): \(state) "
                + "(\(Shown.counted(Int(clamping: summary.files), "file", "files"))\(folders), "
                + "\(Shown.bytes(summary.bytes))\(verified))")
        try context.console.flush()
    }
}
