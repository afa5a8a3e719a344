import Checksums
import DataFolder
import DatasetExport
import DatasetManifest
import Disk

extension Command {
    static let bbox = Command(
        name: "bbox",
        summary: "bounding boxes from XML to CSV",
        detail: """
            Writes the bounding boxes of the training images, or with --only-val of the validation \
            images, as a CSV with a line a box: NAME.JPEG,xmin,ymin,xmax,ymax, relative to the \
            picture's size. The rules are those of process_bounding_boxes.py. The archive is read \
            once, from front to back, and not unpacked.
            """,
        flags: Flag.selection + [
            .noVerify,
            Flag(
                "output", .file("FILE.csv"),
                help: "the CSV to write; - for standard output",
                detail: """
                    Write this file; - is standard output. Without it: \
                    imagenet_2012_bounding_boxes.csv in the data folder, with _val before .csv for \
                    those of the validation images; --all makes both.
                    """
            ) { $0.export.output = $1 },
            .inputDir("input-dir"), .auxFolder,
            Flag(
                switch: "force",
                help: "replace an output that is there",
                detail: """
                    Replace an output that was made from other inputs or with other options, once the \
                    new one is whole.
                    """
            ) { $0.export.options.isForced = $1 },
        ],
        examples: [
            Example(line: "imagenet-fetch bbox", what: "The boxes of the training images."),
            Example(
                line: "imagenet-fetch bbox --only-val --output val.csv",
                what: "Those of the validation images."),
        ],
        run: BoxCommand.run)
}

enum BoxCommand {
    static func run(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let splits = try splits(arguments.selection)
        if splits.count > 1, arguments.export.output != nil {
            throw UsageError(
                .conflict, "--output names one file, and the boxes of two parts are chosen",
                hint: "--only-train or --only-val chooses one")
        }
        if arguments.isJSON, arguments.export.output == "-" {
            throw UsageError(
                .conflict, "--json and --output - exclude each other",
                hint: "name a file with --output")
        }
        // Before any thread starts: they inherit what signals are blocked.
        let stop = context.listenForSignals()
        if splits.count == 1 { return try run(splits[0], arguments, context, stop) }
        var failures: [any Error] = []
        for isVal in splits {
            do {
                _ = try run(isVal, arguments, context, stop)
            } catch let error as Stopped {
                throw error
            } catch {
                _ = Report(console: context.console).tell(error)
                failures.append(error)
            }
        }
        return Report.status(of: failures, among: splits.count)
    }

    /// Whether those of the validation images are meant, for each file to write. Other parts are
    /// passed over, unless there is nothing else.
    private static func splits(_ selection: Selection) throws -> [Bool] {
        if selection.isDefault { return [false] }
        let names = selection.isAll ? ["bbox"] : selection.names
        let splits = [(false, "train"), (true, "val")].filter {
            names.contains($0.1) || names.contains("bbox")
        }
        if splits.isEmpty {
            throw UsageError(
                .badValue, "boxes are there for training and for validation images",
                hint: "--only-val chooses the latter")
        }
        return splits.map(\.0)
    }

    private static func run(
        _ isVal: Bool, _ arguments: Arguments, _ context: Context, _ stop: StopRequest
    ) throws -> ExitStatus {
        let archive = try archive(isVal, arguments, context)
        let usual = "imagenet_2012_bounding_boxes\(isVal ? "_val" : "").csv"
        let output = arguments.export.output ?? arguments.dataFolder.appending(usual)
        let classes = isVal ? BoundingBoxes.Classes.any : try classes(arguments, context)
        let known = try arguments.chosenManifest(context)
        let file = known.files.first { $0.name == archive.lastComponent.string }
        let digests = try ArchiveProof(archive, file, arguments, context).digests(stop)
        let progress = context.progress(arguments)
        let read = {
            try BoundingBoxes(archive: archive, classes: classes) { files in
                try stop.check()
                progress.update(
                    ProgressSnapshot(
                        stage: "reading \(archive.lastComponent)", done: Int64(files), total: nil,
                        unit: .items))
            }
        }
        if output == "-" {
            let boxes = try read()
            progress.end()
            try boxes.writeCSV { try context.console.write($0) }
            tell(boxes.summary, context)
            return .success
        }
        let target = try NamedFile(context.resolve(output))
        let identity = try FileDescriptor(archive, .reading).identity()
        var receipt = OutputReceipt(
            kind: "bbox", name: "\(output.lastComponent)",
            options: ["split": isVal ? "val" : "train", "classes": name(classes)],
            inputs: [
                OutputReceipt.Input(
                    name: "\(archive.lastComponent)", size: identity.size, identity: identity,
                    digests: digests)
            ])
        if try isDone(receipt, target.path, arguments) {
            progress.end()
            if arguments.isJSON {
                try context.console.result(
                    .line(
                        schema: "imagenet-fetch.bbox/1",
                        ["path": .path(output), "alreadyDone": true]))
            } else {
                try context.console.result("\(output): already done")
            }
            return .success
        }
        let boxes = try read()
        progress.end()
        let folder = try Folder.creating(target.path.parent)
        try folder.remove(OutputReceipt.fileName(receipt.name))
        var offset: Int64 = 0
        var hasher = Hasher(.xxh64)
        try target.publish { file in
            try boxes.writeCSV {
                hasher.update($0)
                try file.write($0, at: offset)
                offset += Int64($0.count)
            }
        }
        receipt.files = [
            OutputReceipt.File(name: receipt.name, size: offset, digest: hasher.digest)
        ]
        receipt.counts = [
            "files": Int64(boxes.summary.files), "boxes": Int64(boxes.summary.boxes),
            "bytes": offset,
        ]
        try receipt.save(in: folder)
        try conclude(boxes.summary, output, arguments, context)
        return .success
    }

    /// The classes that count: those of the labels, else the folders of the archive itself.
    static func classes(
        _ arguments: Arguments, _ context: Context
    ) throws -> BoundingBoxes.Classes {
        guard let labels = try arguments.findLabels(context) else { return .folders }
        return .known(Set(labels.classes.map(\.wnid)))
    }

    private static func name(_ classes: BoundingBoxes.Classes) -> String {
        switch classes {
        case .any: "any"
        case .folders: "folders"
        case .known(let known): "\(known.count) known"
        }
    }

    private static func archive(
        _ isVal: Bool, _ arguments: Arguments, _ context: Context
    ) throws -> Path {
        let manifest = try arguments.chosenManifest(context)
        let role: ManifestFile.Role = isVal ? .valBoxes : .trainBoxes
        guard let file = manifest.files.first(where: { $0.role == role }) else {
            throw UsageError(.badValue, "the data set \(escaped(manifest.name)) has no such boxes")
        }
        let place = arguments.export.inputDir.map(context.resolve)
        let folders =
            place.map { [$0, $0.appending("tar")] } ?? [arguments.folder(context).folder(.archives)]
        for folder in folders
        where (try? FileDescriptor(folder.appending(file.name), .reading)) != nil {
            return folder.appending(file.name)
        }
        throw UsageError(
            .missingArgument, "there is no \(escaped(file.name)) in \(folders[0])",
            hint: "imagenet-fetch fetch --only \(escaped(file.name)) gets it; --input-dir names "
                + "another folder")
    }

    private static func isDone(
        _ wanted: OutputReceipt, _ target: Path, _ arguments: Arguments
    ) throws -> Bool {
        let folder = try Folder.nearest(to: target.parent)
        guard folder.path == target.parent,
            let status = try folder.status(target.lastComponent)
        else { return false }
        if arguments.export.options.isForced { return false }
        if case .receipt(let receipt) = try OutputReceipt.load(wanted.name, in: folder),
            receipt.isSame(as: wanted), status.size == receipt.counts["bytes"],
            try isUnchanged(target, receipt)
        {
            return true
        }
        throw UsageError(
            .conflict, "refused to write \(target): another file is there",
            hint: "--force replaces it")
    }

    /// Whether it still has the bytes that were written. Receipts of older versions do not say which.
    private static func isUnchanged(_ target: Path, _ receipt: OutputReceipt) throws -> Bool {
        guard let file = receipt.files.first else { return true }
        let bytes = try FileDescriptor(target, .readingNoLink).contents(limit: Int(file.size))
        return Hasher.digest(file.digest.algorithm, bytes) == file.digest
    }

    // MARK: Words

    private static func conclude(
        _ summary: BoundingBoxes.Summary, _ output: Path, _ arguments: Arguments, _ context: Context
    ) throws {
        if arguments.isJSON {
            return try context.console.result(
                .line(
                    schema: "imagenet-fetch.bbox/1",
                    [
                        "path": .path(output), "alreadyDone": false,
                        "files": .int(Int64(summary.files)), "boxes": .int(Int64(summary.boxes)),
                        "filesWithoutBoxes": .int(Int64(summary.emptyFiles)),
                        "foreignFiles": .int(Int64(summary.foreignFiles)),
                        "vanishedBoxes": .int(Int64(summary.vanishedBoxes)),
                        "foreignBoxes": .int(Int64(summary.foreignBoxes)),
                    ]))
        }
        try context.console.result(
            "\(output): \(Shown.counted(summary.boxes, "box", "boxes")) of "
                + Shown.counted(summary.files, "file", "files"))
        tell(summary, context)
    }

    private static func tell(_ summary: BoundingBoxes.Summary, _ context: Context) {
        let reasons = [
            (summary.foreignFiles, "files skipped: their folders are no classes"),
            (summary.emptyFiles, "files have no box that counts"),
            (summary.vanishedBoxes, "boxes skipped: nothing of them is inside the picture"),
            (summary.foreignBoxes, "boxes skipped: the first object is of another class"),
        ]
        for (count, reason) in reasons where count > 0 {
            context.console.note("\(Shown.count(Int64(count))) \(reason)")
        }
    }
}
