public import Checksums
internal import DataFolder
public import Disk

/// Merges the test archive and its patch into `ILSVRC2012_img_test.tar`, as TFDS wants it: bare
/// names, sorted, and always the same bytes for the same images.
///
///     let merge = TestPatch(archive: archive, patch: patch, in: "tfds")
///     let summary = try merge.run { now in }
///
/// The output appears completely or not at all, with a receipt beside it.
public struct TestPatch: Sendable {
    public static let outputName = "ILSVRC2012_img_test.tar"
    /// The default folder in the data folder.
    public static let usualFolder = "tfds"
    package static let kind = "merge-test"

    public struct Summary: Sendable, Hashable {
        public let path: Path
        public let images: Int
        public let bytes: Int64
        /// Images that the patch changed.
        public let replaced: Int
        /// Images of the patch that were the same.
        public let same: Int
        /// Hidden files of both archives.
        public let leftOut: Int
        /// Nothing was done.
        public let wasThere: Bool
    }

    public let archive: Path
    public let patch: Path?
    /// Of the output.
    public let folder: Path
    /// The number of images; nil if unknown.
    public var expectedImages: Int?
    /// Whether the output of other archives is replaced.
    public var isForced = false
    /// From the receipts of the inputs.
    public var digests: @Sendable (Path) throws -> [Digest] = { _ in [] }

    public init(archive: Path, patch: Path?, in folder: Path) {
        self.archive = archive
        self.patch = patch
        self.folder = folder
    }

    /// - Parameter progress: gets the bytes written so far and in all; what it throws ends the
    ///   work, and nothing is left.
    /// - Throws: `ExportError`: `.badInput` for archives that are not what they should be,
    ///   `.exists`, `.noSpace`; `ArchiveError` for damaged ones.
    public func run(progress: (Int64, Int64) throws -> Void) throws -> Summary {
        var receipt = OutputReceipt(
            kind: Self.kind, name: Self.outputName, options: [:],
            inputs: try [archive, patch].compactMap { $0 }.map(input))
        if let summary = try finished(receipt) { return summary }

        let first = try TestArchive(archive)
        var members = first.members
        var leftOut = first.leftOut
        var (replaced, same) = (0, 0)
        let source = try FileDescriptor(archive, .reading)
        var patchPath: Path?
        if let patch {
            let second = try TestArchive(patch)
            leftOut += second.leftOut
            let file = try FileDescriptor(patch, .reading)
            for change in second.members {
                guard let index = members.firstIndex(named: change.name) else {
                    throw ExportError.strayPatch(change.name, in: patch, of: archive)
                }
                if try Self.isSame(members[index], in: source, change, in: file) {
                    same += 1
                } else {
                    members[index] = change
                    members[index].isPatched = true
                    replaced += 1
                }
            }
            patchPath = patch
        }
        if let expectedImages, members.count != expectedImages {
            throw ExportError.otherImageCount(archive, members.count, expectedImages)
        }
        let writer = TestArchiveWriter(members: members)
        let size = writer.size
        // Before anything is made.
        let free = try Folder.nearest(to: folder).freeSpace()
        if free.bytes < size {
            throw ExportError.noRoom(folder, needed: size, free: free.bytes)
        }
        let target = try Folder.creating(folder)
        // Opened before anything is written, so that a missing patch is noticed first.
        let patchFile = try FileDescriptor(patchPath ?? archive, .reading)
        var digest: Digest?
        try target.publish(Path(Self.outputName)) { file in
            digest = try writer.write(to: file, source, patchFile, progress)
            for (path, input) in zip([archive, patch].compactMap { $0 }, receipt.inputs)
            where try self.input(path).identity != input.identity {
                throw ExportError.changedMeanwhile(path)
            }
            // As late as possible: without its receipt the old output is not ours.
            try file.sync()
            try target.remove(OutputReceipt.fileName(Self.outputName))
        }
        receipt.counts = [
            "images": Int64(members.count), "bytes": size, "replaced": Int64(replaced),
            "same": Int64(same),
        ]
        if let digest {
            receipt.files = [.init(name: Self.outputName, size: size, digest: digest)]
        }
        try receipt.save(in: target)
        return Summary(
            path: folder.appending(Self.outputName), images: members.count, bytes: size,
            replaced: replaced, same: same, leftOut: leftOut, wasThere: false)
    }

    // MARK: Again

    private func input(_ path: Path) throws -> OutputReceipt.Input {
        let identity = try FileDescriptor(path, .reading).identity()
        return OutputReceipt.Input(
            name: "\(path.lastComponent)", size: identity.size, identity: identity,
            digests: try digests(path))
    }

    /// The same output made before; nil if there is work to do.
    private func finished(_ wanted: OutputReceipt) throws -> Summary? {
        let path = folder.appending(Self.outputName)
        guard let place = try ifPresent(Folder(folder)),
            try place.status(Path(Self.outputName)) != nil
        else {
            return nil
        }
        let there = try FileDescriptor(path, .reading).identity()
        var old: OutputReceipt?
        if case .receipt(let receipt) = try OutputReceipt.load(Self.outputName, in: place),
            receipt.kind == Self.kind
        {
            old = receipt
        }
        if let old, old.isSame(as: wanted), there.size == old.counts["bytes"] {
            return Summary(
                path: path, images: Int(clamping: old.counts["images"] ?? 0), bytes: there.size,
                replaced: Int(clamping: old.counts["replaced"] ?? 0),
                same: Int(clamping: old.counts["same"] ?? 0), leftOut: 0, wasThere: true)
        }
        if wanted.inputs.contains(where: { $0.identity == there }) {
            throw ExportError.otherOutput(
                path, "it is one of the input archives",
                hint: "choose another folder with \(.outputFolder)")
        }
        if old == nil {
            throw ExportError.notOurs(path, "another file is there, without a receipt")
        }
        if isForced { return nil }
        throw ExportError.otherOutput(path, "it was made from other archives")
    }

    private static func isSame(
        _ old: TestArchive.Member, in source: borrowing FileDescriptor,
        _ new: TestArchive.Member, in patch: borrowing FileDescriptor
    ) throws -> Bool {
        guard old.size == new.size else { return false }
        let size = 256 << 10
        let (a, b) = (
            UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16),
            UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        )
        defer {
            a.deallocate()
            b.deallocate()
        }
        return try source.holds(old.size, at: old.offset, asIn: patch, at: new.offset, a, b)
    }
}
