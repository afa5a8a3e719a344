import DataFolder
import DatasetExport
import Disk

/// What the exporters tell: progress in images, a line a split, and how to load what was made.
final class ExportReport: Sendable {
    private static let mostNames = 30
    private let context: Context
    private let arguments: Arguments
    private let kind: DataFolder.Kind
    private let progress: Progress

    init(_ context: Context, _ arguments: Arguments, _ kind: DataFolder.Kind) {
        self.context = context
        self.arguments = arguments
        self.kind = kind
        progress = context.progress(arguments)
    }

    func update(_ now: ShardExport.Progress, _ name: String) {
        // To show each image would cost more than to frame it.
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

    func endProgress() { progress.end() }
    func end() { progress.end() }

    // MARK: Results

    func show(_ summary: ShardExport.Summary) throws {
        progress.end()
        if arguments.isJSON { return try context.console.result(json(summary)) }
        if arguments.export.images == .list {
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
        if summary.isWhole { tellLoading(summary) } else { tellSlices() }
    }

    private func line(_ summary: ShardExport.Summary) -> String {
        let path = summary.place.path
        let state = summary.isAlreadyDone ? "already done" : summary.isWhole ? "done" : "part done"
        return "\(path): \(state) (\(Shown.counted(summary.images, "image", "images")) in "
            + "\(Shown.counted(summary.shards, "shard", "shards")), \(Shown.bytes(summary.bytes)))"
    }

    private func tellOddities(_ summary: ShardExport.Summary) {
        let console = context.console
        if summary.keptShards > 0, !summary.isAlreadyDone {
            let kept = Shown.counted(summary.keptShards, "shard was", "shards were")
            console.note("\(kept) there from an earlier run")
        }
        if summary.otherFiles > 0 {
            console.note(
                "\(summary.otherFiles) files were passed over: their names are not those of images")
        }
        if summary.withoutClass > 0 {
            console.note("\(summary.withoutClass) images were passed over: they lie in no class")
        }
        if kind == .tfrecord, summary.split == .train, !summary.isAlreadyDone {
            console.note(
                summary.boxes > 0
                    ? "\(Shown.count(Int64(summary.boxes))) boxes are in the examples"
                    : "no boxes: neither a CSV nor the archive of the training boxes is there")
        }
        guard !summary.oddities.isEmpty else { return }
        let what =
            switch arguments.export.images {
            case .keep, .list: "kept as they are"
            case .fix: "written as JPEGs in RGB"
            case .skip: "left out"
            }
        console.note("\(summary.oddities.count) odd images were \(what):")
        for oddity in summary.oddities.prefix(Self.mostNames) {
            console.note("  \(oddity.name): \(oddity.what)")
        }
        if summary.oddities.count > Self.mostNames {
            console.note("  and \(summary.oddities.count - Self.mostNames) more")
        }
    }

    private func tellSlices() {
        context.console.note(
            "when all slices are done, the same command without --slice puts them together")
    }

    private func tellLoading(_ summary: ShardExport.Summary) {
        let console = context.console
        let path = summary.place.path
        switch kind {
        case .mds:
            console.note("y is the class's rank by ascending WNID, from 0, as PyTorch has it")
            if arguments.selection.names.contains("test") {
                console.note("  and -1 for test images, whose classes nobody knows")
            }
            console.note("  from streaming import StreamingDataset")
            console.note("  dataset = StreamingDataset(local=\"\(path)\", batch_size=32)")
        case .tfrecord:
            console.note(
                "image/class/label is the class's rank by ascending WNID plus 1; 0 is the background"
            )
            console.note("  import tensorflow as tf")
            console.note("  files = tf.io.gfile.glob(\"\(path)/*-of-*\")")
            console.note("  dataset = tf.data.TFRecordDataset(files)")
        default:
            console.note("cls is the class's rank by ascending WNID, from 0, as PyTorch has it")
            let last = Array("\(max(summary.shards - 1, 0))")
            let number = String(repeating: "0", count: max(0, 6 - last.count)) + String(last)
            let prefix =
                "imagenet-" + (summary.split == .val ? "validation" : summary.split.rawValue)
            console.note("  import webdataset as wds")
            console.note(
                "  dataset = wds.WebDataset(\"\(path)/\(prefix)-{000000..\(number)}.tar\")"
                    + ".decode(\"pil\").to_tuple(\"jpg\", \"cls\")")
        }
    }

    private func json(_ summary: ShardExport.Summary) -> JSON {
        let oddities = summary.oddities.map { oddity in
            JSON.members(["name": .string(oddity.name), "what": .string(oddity.what)])
        }
        return .line(
            schema: "imagenet-fetch.export/1",
            [
                "kind": .string(kind.rawValue), "path": .path(summary.place.path),
                "alreadyDone": .bool(summary.isAlreadyDone), "whole": .bool(summary.isWhole),
                "images": .int(Int64(summary.images)), "shards": .int(Int64(summary.shards)),
                "bytes": .int(summary.bytes), "keptShards": .int(Int64(summary.keptShards)),
                "skipped": .int(Int64(summary.skipped)), "boxes": .int(Int64(summary.boxes)),
                "oddImages": .array(oddities),
            ])
    }
}
