import DataFolder
import DatasetExport
import DatasetManifest
import Disk

extension Command {
    static let mergeTest = Command(
        name: "merge-test",
        summary: "merge the test archive with its patch, for TFDS",
        detail: """
            Writes ILSVRC2012_img_test.tar, the name that TFDS looks for: the test images of \
            ARCHIVE, with those that are also in PATCH taken from PATCH, whatever folders precede \
            their names. The members have bare names in sorted order, so the same images always \
            give the same bytes, even if an archive was already patched. Without PATCH the archive \
            is only brought into this form.

            An image of the patch that is not in the archive is an error, and so is anything in \
            either that is not an image. The output appears complete or not at all, with a receipt \
            beside it. If it already exists, nothing is done.
            """,
        positionals: [
            .init(name: "ARCHIVE", completion: .files),
            .init(name: "PATCH", isOptional: true, completion: .files),
        ],
        flags: [
            .noVerify,
            Flag(
                "output-dir", .folder(),
                help: "the folder for the output",
                detail: """
                    Write ILSVRC2012_img_test.tar into this folder, such as TFDS's manual_dir. \
                    Default: tfds, in the data folder.
                    """
            ) { $0.export.outputDir = $1 },
            Flag(
                switch: "force",
                help: "replace an existing output",
                detail: """
                    Replace an output that was made from other archives, once the new one is \
                    complete. A file that this command did not make is never replaced.
                    """
            ) { $0.export.options.isForced = $1 },
        ],
        examples: [
            Example(
                "merge-test data/tar/ILSVRC2012_img_test_v10102019.tar "
                    + "data/tar/ILSVRC2012_img_test_patch_v10102019.tar",
                "Into data/tfds."),
            Example(
                "merge-test data/tar/ILSVRC2012_img_test_v10102019.tar --output-dir "
                    + "tensorflow_datasets/downloads/manual",
                "Without a patch, into the folder where TFDS looks."),
        ],
        run: MergeTestCommand.run)
}

private enum MergeTestCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let paths = arguments.positionals.map { Path(bytes: $0.bytes) }
        guard let archive = paths.first else { return .usage }
        let usual = context.resolve(arguments.dataFolder.appending(TestPatch.usualFolder))
        let output =
            try arguments.export.outputDir.map(context.resolve) ?? DataFolder.own(usual)
        let manifest = try arguments.chosenManifest(context)
        let stop = context.listenForSignals()
        var merge = TestPatch(
            archive: context.resolve(archive),
            patch: paths.dropFirst().first.map(context.resolve), in: output)
        merge.isForced = arguments.export.options.isForced
        merge.expectedImages = manifest.files
            .first { $0.role == .testImages && !$0.isSuperseded }?.images.map { Int(clamping: $0) }
        merge.digests = { path in
            let file = manifest.files.first { $0.name == path.lastComponent.string }
            return try ArchiveProof(path, file, arguments, context).digests(stop)
        }
        let progress = context.progress(arguments, after: .seconds(1))
        let summary = try merge.run { done, total in
            try stop.check()
            progress.update(
                ProgressSnapshot(
                    stage: "writing \(TestPatch.outputName)", done: done, total: total))
        }
        progress.end()
        try tell(summary, output, hasPatch: paths.count > 1, arguments, context)
        return .success
    }

    private static func tell(
        _ summary: TestPatch.Summary, _ output: Path, hasPatch: Bool, _ arguments: Arguments,
        _ context: Context
    ) throws {
        let path = output.appending(TestPatch.outputName)
        if arguments.isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.merge-test/1",
                [
                    "path": .path(path), "images": .int(Int64(summary.images)),
                    "bytes": .int(summary.bytes), "replaced": .int(Int64(summary.replaced)),
                    "same": .int(Int64(summary.same)),
                    "leftOut": .int(Int64(summary.leftOut)),
                    "alreadyDone": .bool(summary.wasThere),
                ])
        }
        let images = Shown.counted(summary.images, "image", "images")
        let patch =
            hasPatch
            ? ", \(Shown.count(Int64(summary.replaced))) replaced from the patch, "
                + "\(Shown.count(Int64(summary.same))) already the same" : ""
        let done = summary.wasThere ? "already done, " : ""
        try context.console.result("\(path): \(done)\(images)\(patch)")
        if summary.leftOut > 0 {
            context.console.note(
                "skipped \(Shown.counted(summary.leftOut, "hidden file", "hidden files"))")
        }
    }
}
