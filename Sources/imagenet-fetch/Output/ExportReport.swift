import DataFolder
import DatasetExport
import DatasetManifest
import Disk

/// What exporters report: progress in images, a line per split, and how to load the output.
final class ExportReport: Sendable {
    private static let mostNames = 30
    private let context: Context
    private let arguments: Arguments
    private let format: any OutputFormat
    private let progress: Progress

    init(_ context: Context, _ arguments: Arguments, _ format: any OutputFormat) {
        self.context = context
        self.arguments = arguments
        self.format = format
        progress = context.progress(arguments)
    }

    func update(_ now: ShardExport.Progress, _ name: String) {
        // Showing each image would cost more than writing it.
        if now.stage == .writing, !now.images.isMultiple(of: 32), now.images != now.total { return }
        let stage =
            switch now.stage {
            case .indexing: "listing"
            case .looking: "looking through"
            case .writing: "writing"
            }
        progress.update(
            ProgressSnapshot(
                stage: "\(stage) \(escaped(name))", done: Int64(now.images),
                total: now.total.map { Int64($0) }, unit: .items,
                source: now.bytes > 0 ? Shown.bytes(now.bytes) : nil))
    }

    func end() { progress.end() }

    private var images: ImageMode { arguments.export.options.images ?? format.usualImages }

    // MARK: Results

    func show(_ summary: ShardExport.Summary) throws {
        progress.end()
        if arguments.isJSON { return try context.console.result(json(summary)) }
        if images == .list {
            for oddity in summary.oddities {
                try context.console.result("\(oddity.name): \(oddity.what)")
            }
            context.console.note(
                "\(summary.oddities.count) odd of "
                    + Shown.counted(summary.images, "image", "images"))
            return
        }
        try context.console.result(line(summary))
        tellOddities(summary)
        let remarks =
            summary.isWhole
            ? format.loading(summary)
            : ["when all slices are done, the same command with --slice merge finishes the output"]
        for remark in remarks { context.console.note(remark) }
        if summary.isWhole, let choice = summary.choice { tell(choice) }
    }

    private func tell(_ choice: ClassChoice) {
        let title = choice.classes.title
        let count = Shown.counted(choice.classes.count, "class", "classes")
        let chosen = title == count ? count : "the \(count) of \(title)"
        context.console.note(
            choice.space == .subset
                ? "only \(chosen), numbered among themselves; --label-space full gives their ranks "
                    + "among all classes"
                : "only \(chosen), with their ranks among all classes")
    }

    private func line(_ summary: ShardExport.Summary) -> String {
        let path = summary.place.shownPath
        let state = summary.isAlreadyDone ? "already done" : summary.isWhole ? "done" : "part done"
        return "\(path): \(state) (\(Shown.counted(summary.images, "image", "images")) in "
            + (format.fileSuffix == nil
                ? "\(Shown.counted(summary.shards, "shard", "shards")), " : "one file, ")
            + "\(Shown.bytes(summary.bytes)))"
    }

    private func tellOddities(_ summary: ShardExport.Summary) {
        let console = context.console
        if summary.keptShards > 0, !summary.isAlreadyDone {
            let kept = Shown.counted(summary.keptShards, "shard was", "shards were")
            console.note("\(kept) there from an earlier run")
        }
        if summary.otherFiles > 0 {
            console.note(
                Shown.counted(summary.otherFiles, "file was", "files were")
                    + " ignored: not named like an image")
        }
        if summary.withoutClass > 0 {
            console.note(
                Shown.counted(summary.withoutClass, "image was", "images were")
                    + " ignored: not in a class folder")
        }
        if format.takesBoxes, summary.split == .train, !summary.isAlreadyDone {
            console.note(
                summary.boxes > 0
                    ? "\(Shown.count(Int64(summary.boxes))) boxes are in the examples"
                    : "no boxes: there is neither a CSV nor the archive of training boxes")
        }
        guard !summary.oddities.isEmpty else { return }
        let what =
            switch images {
            case .keep, .list: "kept as they are"
            case .fix: "written as JPEGs in RGB"
            case .skip: "left out"
            }
        console.note(
            Shown.counted(summary.oddities.count, "odd image was", "odd images were") + " \(what):")
        for oddity in summary.oddities.prefix(Self.mostNames) {
            console.note("  \(oddity.name): \(oddity.what)")
        }
        if summary.oddities.count > Self.mostNames {
            console.note("  and \(summary.oddities.count - Self.mostNames) more")
        }
    }

    private func json(_ summary: ShardExport.Summary) -> JSON {
        let oddities = summary.oddities.map { oddity in
            JSON.members(["name": .string(oddity.name), "what": .string(oddity.what)])
        }
        return .line(
            schema: "imagenet-fetch.export/1",
            [
                "kind": .string(format.name), "path": .path(summary.place.path),
                "alreadyDone": .bool(summary.isAlreadyDone), "whole": .bool(summary.isWhole),
                "images": .int(Int64(summary.images)), "shards": .int(Int64(summary.shards)),
                "bytes": .int(summary.bytes), "keptShards": .int(Int64(summary.keptShards)),
                "classes": summary.choice.map { choice in
                    .array(choice.classes.wnids.map { .string("\($0)") })
                },
                "labelSpace": summary.choice.map { .string($0.space.rawValue) },
                "skipped": .int(Int64(summary.skipped)), "boxes": .int(Int64(summary.boxes)),
                "oddImages": .array(oddities),
            ])
    }
}
