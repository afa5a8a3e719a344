public import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Compares outputs with their receipts: shards and single files by their digests, trees file by
/// file with their archive if it is still there.
///
///     for output in try OutputCheck.outputs(at: "data/mds").found {
///         let verdict = try OutputCheck(output).run { progress in … }
///     }
public struct OutputCheck: Sendable {
    /// An output with a receipt.
    public struct Output: Sendable {
        public let receipt: OutputReceipt
        /// Its folder or file; the archives of 2017 share a folder.
        public let path: Path
        /// The folder that contains its receipt.
        public let parent: Path

        init(receipt: OutputReceipt, path: Path, parent: Path? = nil) {
            self.receipt = receipt
            self.path = path
            self.parent = parent ?? path.parent
        }

        /// The path as people see it: outputs in a shared folder differ.
        public var shownPath: Path { OutputPlace.shown(path, receipt.shared) }
        public var name: String { receipt.name }
    }

    /// In bytes, or in files for trees.
    public struct Progress: Sendable, Hashable {
        public var done: Int64
        /// Nil if only the end will tell.
        public var total: Int64?
        public var isInFiles: Bool
    }

    public struct Fault: Sendable, Hashable {
        /// Nil for the whole output.
        public let file: String?
        public let reason: String
    }

    public struct Verdict: Sendable {
        public enum Proof: String, Sendable {
            /// The digests of its files.
            case digests
            /// Every file is the same as in the archive.
            case archive
            /// Its folders have the right number of files, whose contents were not read.
            case listing
            /// Its links lead somewhere.
            case links
        }

        public var isMissing = false
        public var proof: Proof?
        public var faults: [Fault] = []
        /// Why a tree was only counted.
        public var note: String?
        /// What to do if making it again would not help.
        public var hint: Remedy?

        public var isRight: Bool { !isMissing && faults.isEmpty }

        mutating func add(_ file: String? = nil, _ reason: String) {
            faults.append(Fault(file: file, reason: reason))
        }
    }

    public let output: Output
    /// Where to look for the archive of a tree, in this order.
    public var archives: [Path] = []
    public var inputDigests: @Sendable (Path) -> [Digest] = { _ in [] }
    /// What there is of an archive that is not completely downloaded, with these classes.
    public var partialArchive: @Sendable (_ name: String, ClassSelection) -> PartialArchive? = {
        _, _ in nil
    }
    /// The labels that sort validation images.
    public var labels: ClassLabels?
    public var threads = Workers.processors

    public init(_ output: Output) { self.output = output }

    var receipt: OutputReceipt { output.receipt }

    /// - Parameter progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: what `progress` throws, and failures of memory or threads; all else is in the
    ///   verdict.
    public func run(
        progress: @escaping @Sendable (Progress) throws -> Void
    ) throws -> Verdict {
        var verdict = Verdict()
        do {
            guard let isFolder = try isFolder() else {
                verdict.isMissing = true
                return verdict
            }
            switch receipt.kind {
            case Unpacker.kind, Layout.receiptKind:
                if !isFolder {
                    verdict.add(nil, "it is not a folder")
                } else if receipt.kind == Unpacker.kind {
                    try checkTree(&verdict, progress)
                } else {
                    try checkLayout(&verdict)
                }
            default: try checkFiles(isFolder: isFolder, &verdict, progress)
            }
        } catch let error as DiskError {
            verdict.add(nil, error.message)
            verdict.hint = error.hint
        }
        return verdict
    }

    /// Whether it is a folder or a link to one; nil if it is missing.
    private func isFolder() throws(DiskError) -> Bool? {
        do throws(DiskError) {
            _ = try Folder(output.path)
            return true
        } catch {
            if error.code == .notFound { return nil }
            if error.code == .notAFolder { return false }
            throw error
        }
    }

    // MARK: Layouts

    private func checkLayout(_ verdict: inout Verdict) throws {
        let folder = try Folder(output.path)
        verdict.proof = .links
        for (name, content) in receipt.options.sorted(by: { $0.key < $1.key })
        where name != "layout" {
            guard OutputIndex.isFileName(name), try folder.status(Path(name)) != nil else {
                verdict.add(name, "it is missing")
                continue
            }
            // The receipt has digests of files that are not links.
            guard let expected = Digest(.sha256, hex: content) else { continue }
            let file = try folder.file(Path(name), .readingNoLink)
            if try FileDigests.of(file, [.sha256]) != [expected] {
                verdict.add(name, "it was changed")
            }
        }
        if let fault = try OutputSurvey.brokenLink(folder) { verdict.add(nil, fault) }
    }
}

// MARK: - What there is

extension OutputCheck {
    public struct Found: Sendable {
        public var outputs: [Output] = []
        /// Whether the place is an output, not a folder of outputs.
        public var isOutput = false
    }

    /// The output at a path, or the outputs in that folder.
    public static func outputs(at path: Path) throws(DiskError) -> Found {
        // `.` and links have a real name; it comes second, because a link may have a name of ours.
        let real = try? path.resolved()
        for path in [path, real].compactMap({ $0 }) {
            let own = try own(path)
            if !own.isEmpty { return Found(outputs: own, isOutput: true) }
        }
        guard let folder = try open(path) else { return Found() }
        return Found(outputs: try outputs(in: folder))
    }

    /// The outputs at this path: several where archives share a tree.
    private static func own(_ path: Path) throws(DiskError) -> [Output] {
        let name = path.lastComponent
        guard let text = name.string, OutputIndex.isFileName(text),
            let folder = try open(path.parent)
        else { return [] }
        // The receipt of one file may be called like its archive.
        let suffixes = OutputFormats.all.compactMap(\.fileSuffix).filter(text.hasSuffix)
        for name in [text] + suffixes.map({ String(text.dropLast($0.count)) }) {
            if case .receipt(let receipt) = try OutputReceipt.load(name, in: folder),
                receipt.path(in: folder).lastComponent == path.lastComponent
            {
                return [Output(receipt: receipt, path: path)]
            }
        }
        if let receipt = try OutputReceipt.inside(name, in: folder) {
            return [Output(receipt: receipt, path: path)]
        }
        if let shared = try sharing(path) { return shared }
        guard text == TargetRule.sharedTree else { return [] }
        return try outputs(in: folder).filter { $0.path.lastComponent == name }
    }

    /// The outputs in a folder that a format's outputs share, or in one above it; nil if it is not
    /// such a folder.
    private static func sharing(_ path: Path) throws(DiskError) -> [Output]? {
        for format in OutputFormats.all {
            let parts = format.sharedFolder?.components ?? []
            for count in parts.indices.map({ $0 + 1 })
            where path.components.suffix(count).elementsEqual(parts.prefix(count)) {
                let holder = (0..<count).reduce(path) { above, _ in above.parent }
                guard let folder = try open(holder) else { continue }
                let found = try outputs(in: folder).filter { $0.receipt.kind == format.name }
                if !found.isEmpty { return found }
            }
        }
        return nil
    }

    private static func outputs(in folder: borrowing Folder) throws(DiskError) -> [Output] {
        var names: [String] = []
        var inner: [Path] = []
        do {
            names = try OutputReceipt.names(in: folder)
            try folder.visit { if $0.kind == .folder { inner.append(Path(bytes: $0.name)) } }
        } catch let error as DiskError {
            throw error
        } catch {
            return []
        }
        var found: [Output] = []
        for name in names {
            guard case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) else {
                continue
            }
            found.append(
                Output(receipt: receipt, path: receipt.path(in: folder), parent: folder.path))
        }
        for name in inner.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            // Folders that may not be read are none of ours.
            guard let receipt = try? OutputReceipt.inside(name, in: folder) else { continue }
            found.append(Output(receipt: receipt, path: folder.path.appending(name)))
        }
        return found
    }

    private static func open(_ path: Path) throws(DiskError) -> Folder? {
        do throws(DiskError) {
            return try Folder(path)
        } catch  where [.notFound, .notAFolder, .denied].contains(error.code) {
            // The search for archives reports what is wrong.
            return nil
        }
    }
}
