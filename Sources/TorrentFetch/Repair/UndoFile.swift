internal import Checksums
internal import DataFolder
internal import Disk

/// What stood in a file before a repair wrote there, so that a repair never makes anything worse:
/// what it could not prove in the end is put back.
///
/// One a file, in the state folder: a head that names the file, then records of a place, the bytes
/// and a checksum over both. A run that is killed leaves it for the next one, which goes on with it;
/// half a record at its end is none.
struct UndoFile: ~Copyable {
    private struct Record {
        let range: Range<Int64>
        /// Where its bytes lie in the undo file.
        let place: Int64
    }

    private let folder: Folder
    private let name: Path
    private let file: FileDescriptor
    private var records: [Record]
    private var end: Int64
    /// The bytes that the file had before the first repair.
    let originalSize: Int64

    private static let magic = Array("imagenet-fetch undo 1\n".utf8)
    private static let headLength = magic.count + 24
    private static let recordHead = 16
    /// More than any piece.
    private static let longest = 1 << 30

    /// Goes on with what a repair of this very file has left, or begins anew.
    init(for fileName: String, _ identity: FileIdentity, in data: DataFolder) throws(DiskError) {
        let folder = try DataFolder.creatingState(data.state.appending(Self.folderName))
        let name = Self.name(for: fileName)
        let file = try folder.file(name, .openingOrCreating, mode: 0o600)
        let words = [identity.fileSystem, identity.inode]
        let earlier = try Self.size(in: file, words)
        if earlier == nil {
            // Of another file, which this name had once.
            try file.truncate(to: 0)
            let head = words + [UInt64(bitPattern: identity.size)]
            try file.write(Self.magic + head.flatMap(Self.bytes), at: 0)
        }
        (records, end) = try Self.records(in: file)
        originalSize = earlier ?? identity.size
        self.folder = folder
        self.name = name
        self.file = file
    }

    /// Keeps what stands in a part of the file now, unless that was kept before. What the disk does
    /// not give need not be put back.
    mutating func keep(_ range: Range<Int64>, of other: borrowing FileDescriptor) throws(DiskError)
    {
        guard !range.isEmpty, range.count <= Self.longest,
            !records.contains(where: { $0.range.lowerBound == range.lowerBound })
        else { return }
        let memory: [UInt8]
        do throws(DiskError) {
            memory = try Self.read(upTo: range.count, in: other, at: range.lowerBound)
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

    /// Brings it to the disk: before the first byte is written over.
    func sync() throws(DiskError) {
        try file.sync()
        try folder.sync()
    }

    /// Puts back what stood at the beginning of those records that `isWanted` picks.
    func restore(
        to other: borrowing FileDescriptor, where isWanted: (Range<Int64>) -> Bool
    ) throws(DiskError) {
        for record in records where isWanted(record.range) {
            let memory = try Self.read(upTo: record.range.count, in: file, at: record.place)
            try other.write(memory, at: record.range.lowerBound)
        }
    }

    /// The repair is over, and nothing will be put back any more.
    func remove() throws(DiskError) { try folder.remove(name) }

    /// Removes what there is for a file of this name, if anything.
    static func discard(of fileName: String, in data: DataFolder) throws(DiskError) {
        do throws(DiskError) {
            try Folder(data.state.appending(folderName)).remove(name(for: fileName))
        } catch  where error.code == .notFound {
            // No repair was killed.
        }
    }

    private static let folderName = "undo"

    private static func name(for fileName: String) -> Path {
        Path(fileName).appendingSuffix(".undo")
    }

    // MARK: Reading

    private static func size(
        in file: borrowing FileDescriptor, _ words: [UInt64]
    ) throws(DiskError) -> Int64? {
        guard try file.size() >= Int64(headLength) else { return nil }
        let head = try read(upTo: headLength, in: file, at: 0)
        guard head.starts(with: magic), words.indices.allSatisfy({ number(head, $0) == words[$0] })
        else { return nil }
        return Int64(exactly: number(head, 2))
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
            let head = try read(upTo: recordHead, in: file, at: end)
            guard head.count == recordHead, let start = Int64(exactly: number(head[...])),
                let count = Int(exactly: number(head[8...])), count > 0, count <= longest,
                start <= Int64.max - Int64(count),
                Int64(count) + 8 <= size - end - Int64(recordHead)
            else { break }
            let place = end + Int64(recordHead)
            let body = try read(upTo: count + 8, in: file, at: place)
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

    private static func read(
        upTo count: Int, in file: borrowing FileDescriptor, at offset: Int64
    ) throws(DiskError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { memory.deallocate() }
        let got = try file.readUpTo(memory, at: offset)
        return Array(memory[..<got])
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// The first eight bytes, which must be there.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
