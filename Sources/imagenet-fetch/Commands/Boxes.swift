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
            images, as a CSV with a line per box: NAME.JPEG,xmin,ymin,xmax,ymax, relative to the \
            picture's size. The rules are those of process_bounding_boxes.py. The archive is read \
            once, from front to back, and not unpacked.
            """,
        flags: Flag.selection + [
            .noVerify,
            Flag(
                "output", .file("FILE.csv"),
                help: "the CSV to write (- for standard output)",
                detail: """
                    Write to this file; - is standard output. Default: \
                    imagenet_2012_bounding_boxes.csv in the data folder, with _val before .csv for \
                    validation images; --all writes both.
                    """
            ) { $0.export.output = $1 },
            .inputDir("input-dir"), .auxFolder,
            Flag(
                switch: "force",
                help: "replace an existing output",
                detail: """
                    Replace an output that was made from other inputs or with other options, once \
                    the new one is complete.
                    """
            ) { $0.export.options.isForced = $1 },
        ],
        examples: [
            Example("bbox", "The boxes of the training images."),
            Example("bbox --only-val --output val.csv", "The boxes of the validation images."),
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
                .conflict, "--json and --output - cannot be used together",
                hint: "name a file with --output")
        }
        let stop = context.listenForSignals()
        let tables = splits.map {
            BoxTable(split: $0, arguments: arguments, context: context, stop: stop)
        }
        return try Report.each(of: tables, context) { try $0.run() }
    }

    /// The splits whose boxes are wanted, each for a separate file. Other parts are ignored, unless
    /// there is nothing else.
    private static func splits(_ selection: Selection) throws -> [SampleTable.Split] {
        if selection.isDefault { return [.train] }
        let names = selection.isAll ? ["bbox"] : selection.names
        let splits = [SampleTable.Split.train, .val].filter {
            names.contains($0.rawValue) || names.contains("bbox")
        }
        if splits.isEmpty {
            throw UsageError(
                .badValue, "boxes exist only for training and validation images",
                hint: "--only-val chooses those of the validation images")
        }
        return splits
    }

    /// The classes that count: those of the labels, else the folders of the archive itself.
    static func classes(
        _ arguments: Arguments, _ context: Context
    ) throws -> BoundingBoxes.Classes {
        guard let labels = try arguments.findLabels(context) else { return .folders }
        return .known(Set(labels.classes.map(\.wnid)))
    }
}

/// The boxes of one split on their way into a CSV.
private struct BoxTable {
    let split: SampleTable.Split
    let arguments: Arguments
    let context: Context
    let stop: StopRequest

    func run() throws {
        let archive = try archive()
        let classes =
            split == .val
            ? BoundingBoxes.Classes.any : try BoxCommand.classes(arguments, context)
        let file = try arguments.chosenManifest(context).files.first {
            $0.name == archive.lastComponent.string
        }
        let digests = try ArchiveProof(archive, file, arguments, context).digests(stop)
        if output == "-" {
            let boxes = try read(archive, classes)
            try boxes.writeCSV { try context.console.write($0) }
            return note(boxes.summary)
        }
        let target = try NamedFile(context.resolve(output))
        let identity = try FileDescriptor(archive, .reading).identity()
        let receipt = OutputReceipt(
            kind: BoundingBoxes.kind, name: "\(output.lastComponent)",
            options: ["split": split.rawValue, "classes": name(classes)],
            inputs: [
                OutputReceipt.Input(
                    name: "\(archive.lastComponent)", size: identity.size, identity: identity,
                    digests: digests)
            ])
        if try isDone(receipt, target.path) { return try tell(nil) }
        let boxes = try read(archive, classes)
        try write(boxes, to: target, receipt)
        try tell(boxes.summary)
    }

    private var output: Path {
        let usual = "imagenet_2012_bounding_boxes\(split == .val ? "_val" : "").csv"
        return arguments.export.output ?? arguments.dataFolder.appending(usual)
    }

    private func name(_ classes: BoundingBoxes.Classes) -> String {
        switch classes {
        case .any: "any"
        case .folders: "folders"
        case .known(let known): "\(known.count) known"
        }
    }

    // MARK: Input

    private func archive() throws -> Path {
        let manifest = try arguments.chosenManifest(context)
        let role: ManifestFile.Role = split == .val ? .valBoxes : .trainBoxes
        guard let file = manifest.files.first(where: { $0.role == role }) else {
            throw UsageError(.badValue, "the data set \(escaped(manifest.name)) has no such boxes")
        }
        let paths = arguments.archiveFolders(context).map { $0.appending(file.name) }
        if let path = paths.first(where: \.canBeRead) { return path }
        throw UsageError(
            .missingArgument, "there is no \(escaped(file.name)) in \(paths[0].parent)",
            hint: "\(run: .fetch, .only(file.name)) downloads it; \(.inputFolder) names another "
                + "folder")
    }

    private func read(
        _ archive: Path, _ classes: BoundingBoxes.Classes
    ) throws -> BoundingBoxes {
        let progress = context.progress(arguments)
        defer { progress.end() }
        let size = try FileDescriptor(archive, .reading).status().size
        return try BoundingBoxes(archive: archive, classes: classes) { done in
            try stop.check()
            progress.update(
                ProgressSnapshot(
                    stage: "reading \(archive.lastComponent)", done: done, total: size))
        }
    }

    // MARK: Output

    private func isDone(_ wanted: OutputReceipt, _ target: Path) throws -> Bool {
        guard let folder = try ifPresent(Folder(target.parent)),
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
            .conflict, "refused to overwrite \(target): another file is there",
            hint: "--force replaces it")
    }

    /// Whether it still has the bytes that were written. Receipts of older versions do not say which.
    private func isUnchanged(_ target: Path, _ receipt: OutputReceipt) throws -> Bool {
        guard let file = receipt.files.first else { return true }
        let bytes = try FileDescriptor(target, .readingNoLink).contents(limit: Int(file.size))
        return Hasher.digest(file.digest.algorithm, bytes) == file.digest
    }

    private func write(
        _ boxes: BoundingBoxes, to target: NamedFile, _ receipt: OutputReceipt
    ) throws {
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
        var receipt = receipt
        receipt.files = [
            OutputReceipt.File(name: receipt.name, size: offset, digest: hasher.digest)
        ]
        receipt.counts = [
            "files": Int64(boxes.summary.files), "boxes": Int64(boxes.summary.boxes),
            "bytes": offset,
        ]
        try receipt.save(in: folder)
    }

    // MARK: Words

    /// - Parameter summary: nil where the file was there already.
    private func tell(_ summary: BoundingBoxes.Summary?) throws {
        let console = context.console
        if arguments.isJSON {
            func number(_ count: Int?) -> JSON? { count.map { .int(Int64($0)) } }
            return try console.result(
                schema: "imagenet-fetch.bbox/1",
                [
                    "path": .path(output), "alreadyDone": .bool(summary == nil),
                    "files": number(summary?.files), "boxes": number(summary?.boxes),
                    "filesWithoutBoxes": number(summary?.emptyFiles),
                    "foreignFiles": number(summary?.foreignFiles),
                    "vanishedBoxes": number(summary?.vanishedBoxes),
                    "foreignBoxes": number(summary?.foreignBoxes),
                ])
        }
        guard let summary else { return try console.result("\(output): already done") }
        try console.result(
            "\(output): \(Shown.counted(summary.boxes, "box", "boxes")) of "
                + Shown.counted(summary.files, "file", "files"))
        note(summary)
    }

    private func note(_ summary: BoundingBoxes.Summary) {
        let reasons = [
            (summary.foreignFiles, "file", "skipped: not in the folder of a class"),
            (summary.emptyFiles, "file", "without a usable box"),
            (summary.vanishedBoxes, "box", "skipped: outside the picture"),
            (summary.foreignBoxes, "box", "skipped: the first object is of another class"),
        ]
        for (count, noun, reason) in reasons where count > 0 {
            let plural = noun == "box" ? "boxes" : "files"
            context.console.note("\(Shown.counted(count, noun, plural)) \(reason)")
        }
    }
}
