public import DataFolder
internal import Disk

/// Finds outputs: trees, shards, layouts, the merged test archive, boxes.
///
///     for output in try OutputSurvey(data).outputs() { print(output.name, output.state) }
///
/// Only receipts, indexes and the notes of unfinished work are read: no tree is walked, however
/// many files it has. A shard costs one `fstatat`.
public struct OutputSurvey: Sendable {
    private let data: DataFolder

    public init(_ data: DataFolder) { self.data = data }

    public func outputs() throws -> [FoundOutput] {
        var found = try outputs(in: data.folder(.unpacked), of: Unpacker.kind)
        for format in OutputFormats.all {
            found += try outputs(in: data.folder(format), of: format.name)
        }
        // The merged test archive lies in the folder of a format.
        return try found + outputs(in: data.path, of: nil)
    }

    // MARK: One folder

    /// - Parameter kind: of folders without a receipt; nil if they are ignored.
    private func outputs(in path: Path, of kind: String?) throws -> [FoundOutput] {
        guard let folder = try Self.open(path) else { return [] }
        var names: Set<String> = []
        var begun: Set<String> = []
        var unknown: [String] = []
        let suffix = kind.flatMap(OutputFormats.named)?.fileSuffix
        try folder.visit { item in
            let type = item.kind
            guard let name = Path(bytes: item.name).string else { return }
            if let output = OutputReceipt.outputName(item) {
                names.insert(output)
            } else if name.hasPrefix(".") {
                for suffix in [".new", ".state"] where name.hasSuffix(suffix) && type == .folder {
                    begun.insert(String(name.dropFirst().dropLast(suffix.count)))
                }
            } else if let suffix {
                if type == .file, name.hasSuffix(suffix) {
                    unknown.append(String(name.dropLast(suffix.count)))
                }
            } else if type == .folder {
                unknown.append(name)
            }
        }
        var found: [FoundOutput] = []
        for name in names {
            guard case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) else {
                continue
            }
            if let output = try finished(receipt, in: folder) { found.append(output) }
        }
        for name in unknown where kind == nil {
            guard let receipt = try OutputReceipt.inside(Path(name), in: folder) else { continue }
            if let output = try finished(receipt, in: folder) { found.append(output) }
        }
        for name in begun where !name.isEmpty {
            let progress = try Self.progress(name, in: folder)
            if let index = found.firstIndex(where: { $0.name == name }) {
                found[index].replacement = progress?.progress
            } else if let progress {
                let kind = progress.receipt?.kind ?? kind ?? Unpacker.kind
                var output = FoundOutput(
                    kind: kind,
                    place: OutputFormats.named(kind)?
                        .place(in: path, name: name, progress.receipt?.split ?? .train)
                        ?? OutputPlace(parent: path, name: name),
                    state: .partial(progress.progress))
                output.receipt = progress.receipt
                output.bytes = progress.progress.bytes
                found.append(output)
            }
        }
        if let kind {
            let known = Set(found.filter { $0.state != .unknown }.map(\.folderName))
            for name in unknown where !known.contains(Path(name + (suffix ?? ""))) {
                found.append(try Self.withoutReceipt(name, kind, in: folder))
            }
        }
        return found.sorted { $0.name < $1.name }
    }

    private static func open(_ path: Path) throws(DiskError) -> Folder? {
        do throws(DiskError) {
            return try Folder(path)
        } catch  where error.code == .notFound || error.code == .notAFolder {
            return nil
        }
    }

    // MARK: By its receipt

    /// - Returns: nil if its output is gone.
    private func finished(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) throws -> FoundOutput? {
        let place = receipt.place
        guard let status = try folder.status(place) else { return nil }
        if let shared = receipt.shared, try shared.files(in: folder).isEmpty { return nil }
        var output = FoundOutput(
            kind: receipt.kind, name: receipt.name, path: folder.path.appending(place),
            state: .whole)
        output.parent = folder.path
        output.shared = receipt.shared
        output.receipt = receipt
        output.images = receipt.counts["images"] ?? receipt.counts["files"]
        output.shards = receipt.isOneFile ? nil : receipt.counts["shards"]
        let isLinked = receipt.kind == Layout.receiptKind || receipt.counts["linked"] != nil
        output.bytes = isLinked ? 0 : receipt.counts["bytes"] ?? 0
        if let fault = try Self.fault(receipt, place, status, in: folder) {
            output.state = .broken(fault)
            output.canBeRefilled = receipt.kind == Unpacker.kind && !isLinked
        }
        return output
    }

    /// What is wrong with an output, judged by lengths and links.
    private static func fault(
        _ receipt: OutputReceipt, _ path: Path, _ status: FileStatus, in folder: borrowing Folder
    ) throws -> String? {
        if receipt.isOneFile {
            guard status.kind == .file else { return "it is not a file" }
            return status.size == receipt.counts["bytes"] ? nil : "it has another size"
        }
        guard status.kind == .folder else { return "it is not a folder" }
        let inside = try folder.folder(path)
        if receipt.kind == Layout.receiptKind { return try brokenLink(inside) }
        if receipt.kind == Unpacker.kind { return try TreeFolders(inside, receipt).fault }
        return try receipt.missingFile(in: inside)
    }

    static func brokenLink(_ folder: borrowing Folder) throws -> String? {
        var broken: String?
        let path = folder.path
        try folder.visit { item in
            guard item.kind == .link, try item.target(in: path) == nil else { return }
            broken = "\(escaped(item.name)) is a broken link"
        }
        return broken
    }

    // MARK: Without one

    private static func withoutReceipt(
        _ name: String, _ kind: String, in folder: borrowing Folder
    ) throws -> FoundOutput {
        let format = OutputFormats.named(kind)
        let place = format?.place(in: folder.path, name: name, .train)
        var output = FoundOutput(
            kind: kind, name: name, path: place?.path ?? folder.path.appending(name),
            state: .unknown)
        guard let format, format.fileSuffix == nil else { return output }
        var inside = Path(name)
        if let shared = format.sharedFolder {
            output = FoundOutput(
                kind: kind, name: name, path: folder.path.appending(name), state: .unknown)
            if shared.components.first == inside, try folder.status(shared)?.kind == .folder {
                inside = shared
            }
        }
        guard let index = try format.find(in: folder.folder(inside)) else { return output }
        output.images = index.images
        output.shards = Int64(index.shards)
        output.bytes = index.bytes
        output.state = index.fault.map { .broken($0) } ?? .whole
        return output
    }

    /// The progress of an unfinished output.
    private static func progress(
        _ name: String, in folder: borrowing Folder
    ) throws -> (progress: FoundOutput.Progress, receipt: OutputReceipt?)? {
        let place = OutputPlace(parent: folder.path, name: name)
        for end in [TreeState.end(place), ShardState.end(place)] {
            guard let done = try end.receipt(in: folder) else { continue }
            let files = done.counts["files"].map { Int(clamping: $0) }
            let bytes = done.counts["bytes"] ?? 0
            return (FoundOutput.Progress(done: 1, total: 1, files: files, bytes: bytes), done)
        }
        if let tree = try TreeState.look(place, in: folder) { return tree }
        return try ShardState.look(place, in: folder)
    }
}

extension OutputReceipt {
    /// The name of the output whose receipt a file is; nil for other files.
    static func outputName(_ file: Folder.Item) -> String? {
        let suffix = ".receipt.json"
        guard file.kind == .file, let name = Path(bytes: file.name).string,
            name.hasSuffix(suffix), name != suffix
        else { return nil }
        return String(name.dropLast(suffix.count))
    }

    /// The names of all outputs with a receipt in a folder.
    static func names(in folder: borrowing Folder) throws -> [String] {
        var names: [String] = []
        // Only names are read: the folder may have a million images.
        try folder.visit { item in
            if let name = outputName(item), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether its output is merged into a tree of several archives, which is never replaced.
    var isShared: Bool { options["form"] == UnpackForm.tree2017.name }

    /// Whether its output is a file, not a folder.
    var isOneFile: Bool {
        kind == TestPatch.kind || kind == BoundingBoxes.kind
            || OutputFormats.named(kind)?.fileSuffix != nil
    }

    /// The path of its output: the archives of 2017 share one.
    func path(in folder: borrowing Folder) -> Path { folder.path.appending(place) }

    var split: SampleTable.Split? {
        options["split"].flatMap(SampleTable.Split.init(rawValue:))
    }

    /// Below the folder of the receipt.
    var place: Path {
        if isShared { return Path(TargetRule.sharedTree) }
        return shared?.path ?? Path(name + (OutputFormats.named(kind)?.fileSuffix ?? ""))
    }

    /// The folder that it shares with outputs of other splits.
    var shared: OutputPlace.SharedFolder? {
        split.flatMap { OutputFormats.named(kind)?.shared($0) }
    }

    /// What is missing or has another length; nil if nothing.
    func missingFile(in folder: borrowing Folder) throws -> String? {
        let format = OutputFormats.named(kind)
        var missing = MissingFiles()
        for file in files where try !Self.isThere(file, format, in: folder) {
            missing.add(file.name)
        }
        return missing.sentence(of: files.count)
    }

    private static func isThere(
        _ file: File, _ format: (any OutputFormat)?, in folder: borrowing Folder
    ) throws -> Bool {
        guard OutputIndex.isFileName(file.name) else { return false }
        if let status = try folder.status(Path(file.name)) {
            return status.kind == .file && status.size == file.size
        }
        guard let unpacked = format?.unpackedName(file.name) else { return false }
        return try folder.status(Path(unpacked))?.kind == .file
    }
}
