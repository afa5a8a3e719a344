public import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// Holds what was made of a data set against what its receipts say: shards and single files by their
/// digests, trees file by file against their archive, where that is still the one that they are of.
///
///     for output in try OutputCheck.outputs(at: "data/mds").found {
///         let verdict = try OutputCheck(output).run { progress in … }
///     }
public struct OutputCheck: Sendable {
    /// Something that has a receipt.
    public struct Output: Sendable {
        public let receipt: OutputReceipt
        /// Its folder, or the file that it is; the archives of 2017 share one.
        public let path: Path

        public var name: String { receipt.name }
    }

    /// How far it is: in bytes, of trees in files.
    public struct Progress: Sendable, Hashable {
        public var done: Int64
        /// Nil where only the end tells.
        public var total: Int64?
        public var isInFiles: Bool
    }

    /// What is wrong with a part of it.
    public struct Fault: Sendable, Hashable {
        /// The file; nil where it is the whole.
        public let file: String?
        public let reason: String
    }

    public struct Verdict: Sendable {
        public enum Proof: String, Sendable {
            /// The digests of its files.
            case digests
            /// Every file is the same as in the archive.
            case archive
            /// Its folders hold as many files as they should, and nobody has looked into those.
            case listing
            /// It is made of links, and they lead somewhere.
            case links
        }

        public var isMissing = false
        public var proof: Proof?
        public var faults: [Fault] = []
        /// Of a tree that was only counted: why.
        public var note: String?
        /// What to do where making it anew would not help.
        public var hint: Remedy?

        public var isRight: Bool { !isMissing && faults.isEmpty }

        mutating func add(_ file: String? = nil, _ reason: String) {
            faults.append(Fault(file: file, reason: reason))
        }
    }

    public let output: Output
    /// Where the archive of a tree may lie: the first that is there counts.
    public var archives: [Path] = []
    /// What earlier proofs say of an archive.
    public var inputDigests: @Sendable (Path) -> [Digest] = { _ in [] }
    /// Those that a tree of validation images was made with.
    public var labels: ClassLabels?
    public var threads = Workers.processors

    public init(_ output: Output) { self.output = output }

    var receipt: OutputReceipt { output.receipt }

    /// - Parameter progress: is called on any thread, often; what it throws ends the work.
    /// - Throws: what `progress` throws, and what of our own memory or threads fails; all else is in
    ///   the verdict.
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
                    verdict.add(nil, "it is no folder")
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

    /// Whether it is a folder, or leads to one; nil where nothing is.
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
            // Of what is written and not linked the digest stands in the receipt.
            guard let expected = Digest(.sha256, hex: content) else { continue }
            let file = try folder.file(Path(name), .readingNoLink)
            if try FileDigests.of(file, [.sha256]) != [expected] {
                verdict.add(name, "it is not what was written")
            }
        }
        if let fault = try OutputSurvey.brokenLink(folder) { verdict.add(nil, fault) }
    }
}

// MARK: - What there is

extension OutputCheck {
    private static let suffix = ".receipt.json"

    /// What was found at a place.
    public struct Found: Sendable {
        public var outputs: [Output] = []
        /// Whether the place is one of them, and not a folder that holds them.
        public var isOutput = false
    }

    /// The output that lies at a path, or those in the folder that it names.
    public static func outputs(at path: Path) throws(DiskError) -> Found {
        // `.`, and what a link leads to, have a name of their own; it comes second, because links
        // may have one of ours.
        let real = try? path.resolved()
        for path in [path, real].compactMap({ $0 }) {
            let own = try own(path)
            if !own.isEmpty { return Found(outputs: own, isOutput: true) }
        }
        guard let folder = try open(path) else { return Found() }
        return Found(outputs: try outputs(in: folder))
    }

    /// The outputs that lie at this path: several where archives share a tree.
    private static func own(_ path: Path) throws(DiskError) -> [Output] {
        let name = path.lastComponent
        guard let text = name.string, OutputIndex.isFileName(text),
            let folder = try open(path.parent)
        else { return [] }
        if case .receipt(let receipt) = try OutputReceipt.load(text, in: folder),
            output(receipt, in: folder).path.lastComponent == name
        {
            return [Output(receipt: receipt, path: path)]
        }
        guard text == TargetRule.sharedTree else { return [] }
        return try outputs(in: folder).filter { $0.path.lastComponent == name }
    }

    private static func outputs(in folder: borrowing Folder) throws(DiskError) -> [Output] {
        var names: [String] = []
        do {
            // Folders of a million images may be named; only names are read.
            try folder.visit { item in
                guard item.kind == .file, let name = Path(bytes: item.name).string,
                    name.hasSuffix(suffix), name != suffix, !name.hasPrefix(".")
                else { return }
                names.append(String(name.dropLast(suffix.count)))
            }
        } catch let error as DiskError {
            throw error
        } catch {
            return []
        }
        var found: [Output] = []
        for name in names.sorted() {
            guard case .receipt(let receipt) = try OutputReceipt.load(name, in: folder) else {
                continue
            }
            found.append(output(receipt, in: folder))
        }
        return found
    }

    private static func output(
        _ receipt: OutputReceipt, in folder: borrowing Folder
    ) -> Output {
        let isShared = receipt.options["form"] == UnpackForm.tree2017.name
        return Output(
            receipt: receipt,
            path: folder.path.appending(isShared ? TargetRule.sharedTree : receipt.name))
    }

    private static func open(_ path: Path) throws(DiskError) -> Folder? {
        do throws(DiskError) {
            return try Folder(path)
        } catch  where [.notFound, .notAFolder, .denied].contains(error.code) {
            // What is wrong with it is said by whoever looks for archives there.
            return nil
        }
    }
}
