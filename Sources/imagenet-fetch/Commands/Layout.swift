import DataFolder
import DatasetExport
import DatasetManifest
import Disk

extension Command {
    static let layout = Command(
        name: "layout",
        summary: "link files into the layout that another tool expects",
        detail: """
            Makes a folder of links to unpacked or packed files, under the names that another tool \
            looks for; nothing is copied. NAME is torchvision (train/, val/, the devkit, and a \
            meta.bin, so that torchvision.datasets.ImageNet needs neither scipy nor the devkit), \
            tfds (a manual_dir with the names that TFDS expects), deep-vision (train, \
            train_flatten, val, val_flatten, test, bbox_train, bbox_val, synsets.txt, tfrecord) or \
            image-datasets (train, val, test).

            Missing parts are left out, and listed with the command that makes them. With --classes \
            only the folders of these classes are linked.
            """,
        positionals: [
            .init(name: "NAME", completion: .words(Layout.Kind.allCases.map(\.rawValue))),
            .init(name: "DIR", completion: .folders),
        ],
        flags: [
            .inputDir("input-dir"), .classes,
        ] + Flag.exporting.filter { $0.long == "force" } + [.validationLabels, .auxFolder],
        examples: [
            Example("layout tfds manual", "A manual_dir for TFDS: links to the archives."),
            Example("layout torchvision imagenet", "A root for torchvision.datasets.ImageNet."),
        ],
        run: LayoutCommand.run)
}

private enum LayoutCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let words = arguments.positionals
        guard words.count == 2, let kind = words[0].text.flatMap(Layout.Kind.init(rawValue:))
        else { return .usage }
        let path = context.resolve(Path(bytes: words[1].bytes))
        let data = arguments.folder(context)
        let named = arguments.export.inputDir.map(context.resolve)
        func places(_ folder: Path) -> [Path] {
            named.map { [$0, $0.appending(folder.lastComponent)] } ?? [folder]
        }
        let sources = LayoutSources(
            trees: places(data.folder(.unpacked)), archives: places(data.folder(.archives)),
            merged: [(named ?? data.path).appending(TestPatch.usualFolder)],
            tfrecord: places(data.folder(TFRecordFormat())),
            labels: kind == .tfds ? nil : try arguments.findLabels(context))
        var layout = Layout(kind, at: path, from: sources)
        layout.classes = try arguments.chosenClasses(context)
        layout.isForced = arguments.export.options.isForced
        layout.reserved =
            [data.path, data.state] + data.usualFolders
            + [data.path.appending(TestPatch.usualFolder)]
        let stop = context.listenForSignals()
        let summary = try layout.run { _ in try stop.check() }
        try tell(summary, kind, arguments, context)
        return .success
    }

    private static func tell(
        _ summary: Layout.Summary, _ kind: Layout.Kind, _ arguments: Arguments,
        _ context: Context
    ) throws {
        if arguments.isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.layout/1",
                [
                    "layout": .string(kind.rawValue), "path": .path(summary.path),
                    "alreadyDone": .bool(summary.isAlreadyDone),
                    "parts": .array(summary.parts.map { .string($0) }),
                    "missing": .array(summary.missing.map { .string($0.name) }),
                    "files": .int(Int64(summary.files)),
                ])
        }
        let state = summary.isAlreadyDone ? "already done" : "done"
        try context.console.result(
            "\(summary.path): \(state) (\(summary.parts.joined(separator: ", ")))")
        for one in summary.missing {
            context.console.note("\(one.name) is missing: \(context.console.words(one.how))")
        }
    }
}
