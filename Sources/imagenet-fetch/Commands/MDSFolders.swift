import DatasetExport
import Disk

extension Command {
    private static let folder = [Positional(name: "DIR", completion: .folders)]
    private static let force = Flag(
        switch: "force", help: "replace an existing index", detail: "Replace an existing index."
    ) { $0.export.options.isForced = $1 }

    static let mdsVerify = Command(
        name: "mds verify",
        summary: "compare MDS shards with their index",
        detail: """
            Reads every shard of a folder once and compares it with index.json: size, digests, \
            number of samples, config. The shards may come from any writer; those made by this \
            program are compared with their receipt too. A shard without a digest in either fails.
            """,
        positionals: folder,
        flags: [.workers("workers")],
        examples: [
            Example("mds verify data/mds/ILSVRC2012_img_val", "Verify the validation shards.")
        ],
        run: MDSFolderCommand.verify)

    static let mdsReindex = Command(
        name: "mds reindex",
        summary: "rebuild a lost index.json from the shards",
        detail: """
            Rebuilds the index.json of a folder of MDS shards from the shards themselves, for \
            writers that were stopped before they wrote it. Shards that do not match their receipt \
            are refused.
            """,
        positionals: folder,
        flags: [.workers("workers"), force],
        examples: [
            Example(
                "mds reindex --force data/mds/ILSVRC2012_img_val",
                "Rebuild the index even if there is one.")
        ],
        run: MDSFolderCommand.reindex)

    static let mdsMerge = Command(
        name: "mds merge",
        summary: "merge slices or folders of MDS shards",
        detail: """
            Merges what several runs of mds --slice wrote, once all of them are done: DIR is their \
            output folder. Or writes one index for the folders of shards below DIR, as MosaicML's \
            merge_index does.
            """,
        positionals: folder,
        flags: [force],
        examples: [
            Example(
                "mds merge parts/ILSVRC2012_img_val",
                "Merge what mds --slice 1/4 and the others wrote.")
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
            // Errors must be found even if nobody reads the output any more.
            if isJSON {
                let status = verdict.isMissing ? "missing" : verdict.fault == nil ? "ok" : "failed"
                try? console.result(
                    schema: "imagenet-fetch.verify/1",
                    [
                        "file": .string(verdict.file),
                        "path": .path(folder.path.appending(verdict.file)),
                        "status": .string(status), "bytes": .int(verdict.bytes),
                        "reason": verdict.fault.map { .string($0) },
                    ])
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
        MDSFolder(context.resolve(arguments.path))
    }

    private static func tell(
        _ made: (shards: Int, samples: Int64), _ folder: MDSFolder, _ arguments: Arguments,
        _ context: Context
    ) throws {
        if arguments.isJSON {
            return try context.console.result(
                schema: "imagenet-fetch.index/1",
                [
                    "path": .path(folder.path), "shards": .int(Int64(made.shards)),
                    "samples": .int(made.samples),
                ])
        }
        try context.console.result(
            "\(folder.path): \(Shown.counted(Int(clamping: made.samples), "sample", "samples")) in "
                + Shown.counted(made.shards, "shard", "shards"))
    }
}
