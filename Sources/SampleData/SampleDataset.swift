internal import DatasetExport
public import Disk
internal import DatasetManifest

/// A small data set in the shape of ImageNet, made from nothing, for trying out a pipeline and for
/// tests.
///
///     let summary = try SampleDataset.write(.init(classes: 3), to: "sample") { _ in }
///
/// The folder gets `tar/` with the archives, `torrents/` with a `.torrent` and a magnet link for
/// each of them, and `manifest.json`. The same options give the same bytes, on any number of
/// threads, with the same versions of TurboJPEG and zlib.
public enum SampleDataset {
    static let tarAttributes = TarWriter.Attributes(modified: 1_339_632_000)

    /// The sample is written here and moved when it is complete.
    private static let staging = Path(".sample.new")
    private static let manifestName = Path("manifest.json")

    /// Makes the sample, unless it is there.
    ///
    /// - Parameter progress: is called on this thread after every few pictures; what it throws ends
    ///   the work.
    /// - Throws: `ExportError` `.badOption`, `.exists`, `.noSpace`; `DiskError`. Nothing is left
    ///   behind then.
    public static func write(
        _ options: Options, to path: Path, threads: Int = Workers.processors,
        progress: (Progress) throws -> Void = { _ in }
    ) throws -> Summary {
        try options.check()
        let holder = try Folder.nearest(to: path)
        let isNew = holder.path != path
        if !isNew, let manifest = try existing(options, holder) {
            return summary(manifest, path, wasThere: true)
        }
        let needed = estimate(options)
        let free = try holder.freeSpace().bytes
        if free < needed { throw ExportError.noSpace(path, needed: needed, free: free) }
        let folder = try Folder.creating(path)
        do {
            let plan = SamplePlan(options)
            let manifest = try writeAll(
                plan, try folder.folder(staging, creating: true), max(1, threads), progress)
            try publish(folder)
            return summary(manifest, path, wasThere: false)
        } catch {
            try? folder.removeTree(staging)
            if isNew { try? Folder(path.parent).remove(path.lastComponent, isFolder: true) }
            throw error
        }
    }

    /// The bytes of a sample, estimated a little too high.
    static func estimate(_ options: Options) -> Int64 {
        let pictures = options.classes * options.perClass + options.val + options.test
        let small = Int64(options.classes) * 12_000 + (4 << 20)
        return Int64(pictures) * SampleImages.bytesOfPicture + small
    }

    private static func summary(_ manifest: Manifest, _ path: Path, wasThere: Bool) -> Summary {
        let files = manifest.files.map { Summary.File(name: $0.name, size: $0.size ?? 0) }
        return Summary(folder: path, files: files, wasThere: wasThere)
    }

    // MARK: What is there

    /// The manifest of the same sample if it is there. What a killed run has left is finished or
    /// removed.
    private static func existing(
        _ options: Options, _ folder: borrowing Folder
    ) throws -> Manifest? {
        if try folder.status(staging) != nil {
            let rest = try folder.folder(staging)
            // The manifest is written last: the sample is complete and was being moved.
            if try manifest(rest)?.title == options.title {
                try publish(folder)
            } else {
                try folder.removeTree(staging)
            }
        }
        if let found = try manifest(folder) {
            guard found.title == options.title else {
                throw ExportError.otherSample(folder.path, found.title ?? found.name)
            }
            for file in found.files {
                let there = try folder.status(Path("tar/\(file.name)"))
                guard there?.size == file.size else {
                    throw ExportError.changed(folder.path, Path(file.name))
                }
            }
            return found
        }
        guard try folder.entries().isEmpty else { throw ExportError.occupied(folder.path) }
        return nil
    }

    private static func manifest(_ folder: borrowing Folder) throws -> Manifest? {
        let limit = 1 << 20
        guard let status = try folder.status(manifestName), status.kind == .file,
            status.size <= limit
        else { return nil }
        let bytes = try folder.file(manifestName, .reading).contents(limit: limit)
        let source = folder.path.appending(manifestName).description
        guard let manifest = try? Manifest(json: bytes, source: source), manifest.name == "sample"
        else { return nil }
        return manifest
    }

    /// Moves the sample to its place, the manifest last.
    private static func publish(_ folder: borrowing Folder) throws {
        let whole = try folder.folder(staging)
        for name in ["tar", "torrents", manifestName] where try whole.status(name) != nil {
            try whole.move(name, into: folder)
        }
        try folder.remove(staging, isFolder: true)
        try folder.sync()
    }

    // MARK: Writing

    private static func writeAll(
        _ plan: SamplePlan, _ folder: borrowing Folder, _ threads: Int,
        _ progress: (Progress) throws -> Void
    ) throws -> Manifest {
        let tars = try folder.folder("tar", creating: true)
        var made = 0
        let manifest = try withoutActuallyEscaping(progress) { progress in
            let images = SampleImages(plan: plan, threads: threads) { file, count in
                made += count
                try progress(Progress(file: file, pictures: made, totalPictures: plan.pictureCount))
            }
            return try SampleManifest(plan).manifest(try archives(plan, images, tars))
        }
        try tars.sync()
        let torrents = try folder.folder("torrents", creating: true)
        for (name, contents) in manifest.torrents {
            try torrents.publish(Path(name), contents)
        }
        try folder.publish(manifestName, manifest.manifest.json())
        return manifest.manifest
    }

    /// Small files first, as in a download.
    private static func archives(
        _ plan: SamplePlan, _ images: SampleImages, _ tars: borrowing Folder
    ) throws -> [WrittenFile] {
        let boxes = SampleBoxes(plan)
        var written = [
            try write(SampleDevkit.archive(plan), SampleDevkit.name, tars),
            try write(boxes.valArchive(), SampleBoxes.valName, tars),
            try write(boxes.trainArchive(), SampleBoxes.trainName, tars),
        ]
        if plan.options.test > 0 {
            written.append(try images.writePatch(tars))
            written.append(try images.writeTest(tars))
        }
        written.append(try images.writeVal(tars))
        written.append(try images.writeTrain(tars))
        return written
    }

    private static func write(
        _ bytes: [UInt8], _ name: String, _ folder: borrowing Folder
    ) throws -> WrittenFile {
        var file = try SampleFile(folder, name, expected: Int64(bytes.count))
        try file.append(bytes)
        return try file.finish()
    }
}
