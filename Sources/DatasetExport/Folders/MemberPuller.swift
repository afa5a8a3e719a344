internal import Archives
internal import Disk

/// Reads members into batches, and counts them.
struct MemberPuller {
    enum Purpose: Sendable { case writing, checking }

    private let rule: TargetRule
    private let rules: MemberRules
    private let tree: ImageJobs.Tree
    private let purpose: Purpose
    /// An earlier run has written members up to this one, and none after `begun`.
    let written: Int
    private let begun: Int
    private var number = 0
    /// Members between the two: an existing file does not mean that a name occurs twice.
    private var seen: Set<Path> = []
    private(set) var outcome = StreamUnpacking.Outcome()
    private var lastFolder: Path?

    init(
        _ rule: TargetRule, _ rules: MemberRules, _ tree: ImageJobs.Tree, _ purpose: Purpose,
        _ earlier: (written: Int, begun: Int)
    ) {
        self.rule = rule
        self.rules = rules
        self.tree = tree
        self.purpose = purpose
        written = earlier.written
        begun = max(earlier.begun, earlier.written)
        outcome.listing.add("", files: 0)
    }

    /// Skips what is written already.
    ///
    /// - Returns: the number of the next member.
    mutating func skipWritten(from reader: MemberSource) throws -> Int {
        while number < written, let member = try reader.next() { _ = try place(member) }
        return number + 1
    }

    /// - Returns: whether there may be more.
    mutating func fill(_ batch: MemberBatch, from reader: MemberSource) throws -> Bool {
        batch.clear(first: number + 1)
        while !batch.isFull {
            guard let member = try reader.next() else { return false }
            guard let target = try place(member) else { continue }
            if !target.folder.bytes.isEmpty { try makeFolder(target.folder, for: member) }
            let item = MemberBatch.Item(
                folder: target.folder, name: Path(bytes: target.name), member: member.path,
                number: number, mayBeThere: try mayBeThere(target, member))
            try read(item, into: batch, from: reader)
        }
        return true
    }

    /// Returns the place of a file; creates a folder and returns nil.
    private mutating func place(
        _ member: ArchiveMember
    ) throws -> (folder: Path, name: ArraySlice<UInt8>)? {
        try rules.check(member)
        if member.kind == .folder, !rule.keepsFolders { return nil }
        let target = try rule.target(member.name, in: nil, isFolder: member.kind == .folder)
        if member.kind == .folder {
            // The tree itself exists.
            guard let target else { return nil }
            let path = target.folder.joined(target.name)
            try makeFolder(path, for: member)
            return nil
        }
        guard let target else {
            throw ExportError.refused(member.path, in: rule.archive, "it has no file name")
        }
        number += 1
        outcome.listing.add(target.folder, files: 1)
        if target.name.first != UInt8(ascii: ".") { outcome.images += 1 }
        if number <= written { outcome.bytes += member.size ?? 0 }
        return target
    }

    // MARK: Parts

    private mutating func mayBeThere(
        _ target: (folder: Path, name: ArraySlice<UInt8>), _ member: ArchiveMember
    ) throws -> Bool {
        guard number <= begun else { return false }
        if seen.insert(target.folder.joined(target.name)).inserted { return true }
        throw ExportError.refused(member.path, in: rule.archive, "another member has that name")
    }

    private mutating func makeFolder(_ path: Path, for member: ArchiveMember) throws {
        if path == lastFolder { return }
        outcome.listing.add(path, files: 0)
        lastFolder = path
        guard purpose == .writing else { return }
        do throws(DiskError) {
            _ = try tree.value.folder(path, creating: true)
        } catch  where error.code == .notAFolder {
            throw ExportError.refused(
                member.path, in: rule.archive, "another member has that name and is not a folder")
        }
    }

    /// Reads a member into the batch. A member that does not fit is written in parts at once.
    private mutating func read(
        _ item: MemberBatch.Item, into batch: MemberBatch, from reader: MemberSource
    ) throws {
        let free = batch.free
        let count = try reader.read(into: free)
        if count < free.count {
            outcome.bytes += Int64(count)
            return batch.add(item, count: count)
        }
        // It may be complete, but only the next read can tell.
        let file = try MemberFile(item, tree, purpose, rule.archive)
        var offset: Int64 = 0
        var part = UnsafeRawBufferPointer(free)
        while true {
            try file.take(part, at: offset)
            offset += Int64(part.count)
            let next = try reader.read(into: free)
            if next == 0 { break }
            part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(free)[..<next])
        }
        try file.end(at: offset)
        outcome.bytes += offset
        batch.addWritten(item, bytes: offset)
    }
}

/// An object, because a noncopyable value cannot be shared.
final class MemberSource {
    private let archive: Path
    private var reader: ArchiveReader
    private var isEmpty = true

    init(_ archive: Path) throws(ArchiveError) {
        self.archive = archive
        reader = try ArchiveReader(archive)
    }

    /// - Throws: `ExportError` for an archive without a proper end, `ArchiveError`.
    func next() throws -> ArchiveMember? {
        if let member = try reader.next() {
            isEmpty = false
            return member
        }
        try ExportError.judgeEnd(of: archive, isEmpty: isEmpty, hasEndMark: reader.hasEndMark)
        return nil
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        try reader.read(into: buffer)
    }
}

extension Path {
    /// The path of something in this folder, which may be empty.
    func joined(_ name: ArraySlice<UInt8>) -> Path {
        bytes.isEmpty ? Path(bytes: name) : appending(Path(bytes: name))
    }
}

/// A member that is too large for a batch, being written or compared.
private final class MemberFile {
    private let file: FileDescriptor
    private let purpose: MemberPuller.Purpose
    private let archive: Path

    init(
        _ item: MemberBatch.Item, _ tree: ImageJobs.Tree, _ purpose: MemberPuller.Purpose,
        _ archive: Path
    ) throws {
        self.purpose = purpose
        self.archive = archive
        file = try Self.open(item, tree, purpose, archive)
    }

    private static func open(
        _ item: MemberBatch.Item, _ tree: ImageJobs.Tree, _ purpose: MemberPuller.Purpose,
        _ archive: Path
    ) throws -> FileDescriptor {
        let folder = try tree.value.folder(item.folder)
        if purpose == .checking { return try folder.file(item.name, .readingNoLink) }
        if item.mayBeThere { try folder.remove(item.name) }
        do throws(DiskError) {
            return try folder.file(item.name, .creating)
        } catch {
            guard error.code == .exists else { throw error }
            throw ExportError.refused(item.member, in: archive, "another member has that name")
        }
    }

    func take(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if purpose == .writing { return try file.write(bytes, at: offset) }
        let held = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { held.deallocate() }
        guard try file.readUpTo(held, at: offset) == bytes.count, held.elementsEqual(bytes) else {
            throw ExportError.differs(file.path, from: archive)
        }
    }

    func end(at offset: Int64) throws {
        guard try file.size() == offset else {
            throw ExportError.differs(file.path, from: archive)
        }
    }
}
