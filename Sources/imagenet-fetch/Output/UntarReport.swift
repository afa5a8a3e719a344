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
        let (refilled, added) = (summary.refilledFolders, summary.addedFolders)
        let classes = summary.receipt.chosenClasses
        if isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.untar/1",
                [
                    "path": .path(summary.path), "alreadyDone": .bool(summary.isAlreadyDone),
                    "files": .int(summary.files), "folders": .int(summary.folders),
                    "bytes": .int(summary.bytes), "verified": .bool(summary.isVerified),
                    "linked": .bool(summary.isLinked),
                    "refilledFolders": refilled > 0 ? .int(Int64(refilled)) : nil,
                    "addedFolders": added > 0 ? .int(Int64(added)) : nil,
                    "classes": classes.map { .array($0.map { .string("\($0)") }) },
                ])
        }
        let state =
            added > 0
            ? "added \(Shown.counted(added, "class", "classes"))"
            : refilled > 0
                ? "restored missing files in \(Shown.counted(refilled, "folder", "folders"))"
                : summary.isAlreadyDone ? "already done" : summary.isLinked ? "linked" : "done"
        let folders =
            summary.folders == 0
            ? "" : " in " + Shown.counted(Int(clamping: summary.folders), "folder", "folders")
        // Of links to chosen classes nobody knows them.
        let bytes = summary.isLinked && summary.bytes == 0 ? "" : ", \(Shown.bytes(summary.bytes))"
        let verified = summary.isVerified ? ", the same as in the archive" : ""
        try context.console.result(
            "\(summary.path): \(state) "
                + "(\(Shown.counted(Int(clamping: summary.files), "file", "files"))\(folders)"
                + "\(bytes)\(verified))")
        if let classes {
            let count = Shown.counted(classes.count, "class", "classes")
            context.console.note(
                "only \(count) of the data set: ImageFolder numbers them from 0 to "
                    + "\(max(classes.count - 1, 0)) by ascending WNID")
        }
        try context.console.flush()
    }
}
