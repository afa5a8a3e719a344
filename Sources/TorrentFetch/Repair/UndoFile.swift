internal import Checksums
internal import DataFolder
internal import Disk

/// What was in a file before a repair wrote there, so that a repair never makes anything worse:
/// what it could not verify in the end is put back.
///
/// One per file, in the state folder: a head that names the file and says how it was last left,
/// then records of a place, the bytes and a checksum over both. A killed run leaves it for the next
/// one; half a record at its end is ignored. If somebody else has written to the file since, the
/// undo file is useless: it would overwrite newer bytes.
struct UndoFile: ~Copyable {
    private struct Record {
        let range: Range<Int64>
        let place: Int64
    }

    private let folder: Folder
    private let name: Path
    private let file: FileDescriptor
    private var records: [Record]
    private var end: Int64
    let originalSize: Int64

    private static let magic = Array("imagenet-fetch undo 1\n".utf8)
    /// The place in the head that says how the file was left, after its two names and its first
    /// size.
    fileprivate static let markPlace = Int64(magic.count + 24)
    private static let headLength = Int(markPlace) + 40
    private static let recordHead = 16
    /// More than any piece.
    private static let longest = 1 << 30

    /// Continues what a repair of this very file has left, or starts a new one.
    init(for fileName: String, _ identity: FileIdentity, in data: DataFolder) throws(DiskError) {
        let folder = try DataFolder.creating(inState: data.state.appending(Self.folderName))
        let name = Self.name(for: fileName)
        let file = try folder.file(name, .openingOrCreating, mode: 0o600)
        let earlier = try Self.size(in: file, ofFileLeftAs: identity)
        if earlier == nil {
            // It is for an earlier file of this name, or the file was written to since.
            try file.truncate(to: 0)
            let words = [identity.fileSystem, identity.inode, UInt64(bitPattern: identity.size)]
            try file.write(
                Self.magic + words.flatMap(Self.bytes) + Self.mark(identity), at: 0)
        }
        (records, end) = try Self.records(in: file)
        originalSize = earlier ?? identity.size
        self.folder = folder
        self.name = name
        self.file = file
    }

    /// Saves a part of the file, unless all of it was saved before. Unreadable bytes are not saved.
    mutating func keep(_ range: Range<Int64>, of other: borrowing FileDescriptor) throws(DiskError)
    {
        guard !range.isEmpty, range.count <= Self.longest,
            !records.contains(where: { Self.contains($0.range, range) })
        else { return }
        let memory: [UInt8]
        do throws(DiskError) {
            memory = try other.bytes(upTo: range.count, at: range.lowerBound)
        } catch  where error.code == .io {
            return
        }
        guard !memory.isEmpty else { return }
        let kept = range.lowerBound..<range.lowerBound + Int64(memory.count)
        let head = Self.bytes(UInt64(kept.lowerBound)) + Self.bytes(UInt64(memory.count))
        var sum = CRC32C()
        sum.update(head)
        sum.update(memory)
        try file.write(head + memory + Self.bytes(UInt64(sum.value)), at: end)
        records.append(Record(range: kept, place: end + Int64(Self.recordHead)))
        end += Int64(Self.recordHead + memory.count + 8)
    }

    /// Syncs it, before the first byte is overwritten.
    func sync() throws(DiskError) {
        try file.sync()
        try folder.sync()
    }

    /// Notes how the file is left now: only such a file may be restored.
    func note(_ identity: FileIdentity) throws(DiskError) {
        try file.write(Self.mark(identity), at: Self.markPlace)
    }

    /// Something that notes the same after each write, on any thread.
    func mark(of other: consuming FileDescriptor) throws(DiskError) -> UndoMark {
        UndoMark(undo: try folder.file(name, .updating), file: other)
    }

    /// Puts back the original bytes of these places. Where a place was saved twice, the oldest
    /// bytes are written last.
    func restore(to other: borrowing FileDescriptor, in places: [Range<Int64>]) throws(DiskError) {
        for record in records.reversed() {
            for place in places where place.overlaps(record.range) {
                let part = place.clamped(to: record.range)
                let memory = try file.bytes(
                    upTo: part.count, at: record.place + part.lowerBound - record.range.lowerBound)
                try other.write(memory, at: part.lowerBound)
                try note(try other.identity())
            }
        }
    }

    func remove() throws(DiskError) { try folder.remove(name) }

    static func discard(of fileName: String, in data: DataFolder) throws(DiskError) {
        try ifPresent(Folder.own(data.state.appending(folderName)))?.remove(name(for: fileName))
    }

    /// Whether there is one for this very file, as it was left.
    static func isKept(
        of fileName: String, _ identity: FileIdentity, in data: DataFolder
    ) throws(DiskError) -> Bool {
        guard let folder = try ifPresent(Folder.own(data.state.appending(folderName))),
            let file = try ifPresent(folder.file(name(for: fileName), .readingNoLink))
        else { return false }
        return try size(in: file, ofFileLeftAs: identity) != nil
    }

    private static let folderName = "undo"

    private static func name(for fileName: String) -> Path {
        Path(fileName).appendingSuffix(".undo")
    }

    // MARK: Reading

    /// The first size in the head; nil if the file is not as it was left.
    private static func size(
        in file: borrowing FileDescriptor, ofFileLeftAs identity: FileIdentity
    ) throws(DiskError) -> Int64? {
        guard try file.size() >= Int64(headLength) else { return nil }
        let head = try file.bytes(upTo: headLength, at: 0)
        guard head.starts(with: magic), number(head, 0) == identity.fileSystem,
            number(head, 1) == identity.inode, head[Int(markPlace)...].elementsEqual(mark(identity))
        else { return nil }
        return Int64(exactly: number(head, 2))
    }

    /// Tells that nobody has written to a file since. Half of it matches no file.
    fileprivate static func mark(_ identity: FileIdentity) -> [UInt8] {
        [
            identity.size, identity.modified.seconds, identity.modified.nanoseconds,
            identity.changed.seconds, identity.changed.nanoseconds,
        ].flatMap { bytes(UInt64(bitPattern: $0)) }
    }

    private static func contains(_ outer: Range<Int64>, _ inner: Range<Int64>) -> Bool {
        outer.lowerBound <= inner.lowerBound && inner.upperBound <= outer.upperBound
    }

    private static func number(_ head: [UInt8], _ index: Int) -> UInt64 {
        number(head[(magic.count + 8 * index)...])
    }

    private static func records(
        in file: borrowing FileDescriptor
    ) throws(DiskError) -> ([Record], end: Int64) {
        var records: [Record] = []
        var end = Int64(headLength)
        let size = try file.size()
        while size - end >= Int64(recordHead) {
            let head = try file.bytes(upTo: recordHead, at: end)
            guard head.count == recordHead, let start = Int64(exactly: number(head[...])),
                let count = Int(exactly: number(head[8...])), count > 0, count <= longest,
                start <= Int64.max - Int64(count),
                Int64(count) + 8 <= size - end - Int64(recordHead)
            else { break }
            let place = end + Int64(recordHead)
            let body = try file.bytes(upTo: count + 8, at: place)
            guard body.count == count + 8 else { break }
            var sum = CRC32C()
            sum.update(head)
            sum.update(Array(body[..<count]))
            guard number(body[count...]) == UInt64(sum.value) else { break }
            records.append(Record(range: start..<start + Int64(count), place: place))
            end = place + Int64(count) + 8
        }
        return (records, end)
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Notes in an undo file how the repair has left the file.
///
/// It does so after every write, because a killed run has no time for it.
final class UndoMark: Sendable {
    private let undo: FileDescriptor
    private let file: FileDescriptor
    /// The last note must be for the last write.
    private let order = Monitor(())

    fileprivate init(undo: consuming FileDescriptor, file: consuming FileDescriptor) {
        self.undo = undo
        self.file = file
    }

    /// If a note cannot be written, the old one does not fit, and the next run takes the file as it
    /// is.
    func note() {
        order.read { _ in
            guard let identity = try? file.identity() else { return }
            try? undo.write(UndoFile.mark(identity), at: UndoFile.markPlace)
        }
    }
}
