import DatasetExport
import Disk

extension Command {
    private static let folder = [Positional(name: "DIR", completion: .folders)]

    static let mdsVerify = Command(
        name: "mds verify",
        summary: "compare MDS shards with their index",
        detail: """
            Reads every shard of a folder once and compares it with its index.json: size, digests, \
            the number of samples, the config. The shards may come from any writer; those of this \
            program are compared with their receipt too. A shard without a digest in either is \
            unverified, and fails.
            """,
        positionals: folder,
        flags: [.workers("workers")],
        examples: [
            Example(
                line: "imagenet-fetch mds verify data/mds/ILSVRC2012_img_val",
                what: "Read the shards again.")
        ],
        run: MDSFolderCommand.verify)

    static let mdsReindex = Command(
        name: "mds reindex",
        summary: "make a lost index.json from the shards",
        detail: """
            Makes the index.json of a folder of MDS shards again from the shards, for writers that \
            were stopped before they wrote it. Shards that differ from their receipt are refused.
            """,
        positionals: folder,
        flags: [
            .workers("workers"),
            Flag(
                switch: "force",
                help: "replace an existing index",
                detail: "Replace an existing index."
            ) { $0.export.options.isForced = $1 },
        ],
        examples: [
            Example(
                line: "imagenet-fetch mds reindex --force data/mds/ILSVRC2012_img_val",
                what: "Make the index again, even if there is one.")
        ],
        run: MDSFolderCommand.reindex)

    static let mdsMerge = Command(
        name: "mds merge",
        summary: "merge slices, or folders of MDS shards",
        detail: """
            Merges what several runs of mds --slice have written, when all are done: DIR is their \
            output. Or writes one index for the folders of shards below DIR, as MosaicML's \
            merge_index does.
            """,
        positionals: folder,
        flags: [
            Flag(
                switch: "force",
                help: "replace an existing index",
                detail: "Replace an existing index."
            ) { $0.export.options.isForced = $1 }
        ],
        examples: [
            Example(
                line: "imagenet-fetch mds merge parts/ILSVRC2012_img_val",
                what: "Merge what mds --slice 1/4 and the others have written.")
        ],
        run: MDSFolderCommand.merge)
}

private enum MDSFolderCommand {
    static func verify(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let folder = folder(arguments, context)
        let stop = context.listenForSignals()
        let progress = context.progress(arguments)
        let (console, isJSON) = (context.console, arguments.isJSON)
        var (count, bad) = (Int64(0), 0)
        try folder.verify(threads: arguments.export.options.threads) { verdict in
            try stop.check()
            count += 1
            if verdict.fault != nil { bad += 1 }
            progress.update(
                ProgressSnapshot(
                    stage: "verifying \(folder.path)", done: count, total: nil, unit: .items))
            // If nobody reads the output any more, faults must still be found.
            if isJSON {
                let status = verdict.isMissing ? "missing" : verdict.fault == nil ? "ok" : "failed"
                try? console.result(
                    .line(
                        schema: "imagenet-fetch.verify/1",
                        [
                            "file": .string(verdict.file),
                            "path": .path(folder.path.appending(verdict.file)),
                            "status": .string(status), "bytes": .int(verdict.bytes),
                            "reason": verdict.fault.map { .string($0) },
                        ]))
                return
            }
            let state =
                verdict.isMissing ? "MISSING" : verdict.fault.map { "FAILED (\($0))" } ?? "OK"
            try? console.result("\(verdict.file): \(state)")
        }
        progress.end()
        return bad == 0 ? .success : .verificationFailed
    }

    static func reindex(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let folder = folder(arguments, context)
        let stop = context.listenForSignals()
        let progress = context.progress(arguments)
        let made = try folder.reindex(
            force: arguments.export.options.isForced, threads: arguments.export.options.threads
        ) { count in
            try stop.check()
            progress.update(
                ProgressSnapshot(
                    stage: "reading \(folder.path)", done: Int64(count), total: nil, unit: .items))
        }
        progress.end()
        try tell(made, folder, arguments, context)
        return .success
    }

    static func merge(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let folder = folder(arguments, context)
        try tell(
            try folder.merge(force: arguments.export.options.isForced), folder, arguments, context)
        return .success
    }

    private static func folder(_ arguments: Arguments, _ context: Context) -> MDSFolder {
        MDSFolder(context.resolve(Path(bytes: arguments.positionals.first?.bytes ?? [])))
    }

    private static func tell(
        _ made: (shards: Int, samples: Int64), _ folder: MDSFolder, _ arguments: Arguments,
        _ context: Context
    ) throws {
        if arguments.isJSON {
            return try context.console.result(
                .line(
                    schema: "imagenet-fetch.index/1",
                    [
                        "path": .path(folder.path), "shards": .int(Int64(made.shards)),
                        "samples": .int(made.samples),
                    ]))
        }
        try context.console.result(
            "\(folder.path): \(Shown.counted(Int(clamping: made.samples), "sample", "samples")) in "
                + Shown.counted(made.shards, "shard", "shards"))
    }
}
