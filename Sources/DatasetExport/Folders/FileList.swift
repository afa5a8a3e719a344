internal import Disk

/// Files of a tar by offset, and their places in the tree, in 32 bytes and a name each.
struct FileList: Sendable {
    struct Record: Sendable {
        let offset: Int64
        let size: Int64
        let nameStart: UInt32
        let nameLength: UInt16
        let folder: Int32
    }

    private(set) var records: ContiguousArray<Record> = []
    private var names: ContiguousArray<UInt8> = []
    private(set) var folders: [Path] = []
    private var folderNumbers: [Path: Int32] = [:]

    /// Whether the tar has an end mark.
    var hasEndMark = true
    /// Images of classes that are not wanted.
    var passedOver = 0

    var count: Int { records.count }

    /// Files of the tar that may be images: not hidden.
    var images: Int {
        passedOver
            + names.withUnsafeBufferPointer { names in
                records.count {
                    $0.nameLength == 0 || names[Int($0.nameStart)] != UInt8(ascii: ".")
                }
            }
    }

    mutating func add(
        _ name: ArraySlice<UInt8>, in folder: Path, offset: Int64, size: Int64, of archive: Path
    ) throws(ExportError) {
        guard let start = UInt32(exactly: names.count), let length = UInt16(exactly: name.count)
        else { throw .badInput("refused \(archive): its names need too much memory") }
        records.append(
            Record(
                offset: offset, size: size, nameStart: start, nameLength: length,
                folder: number(of: folder)))
        names.append(contentsOf: name)
    }

    private mutating func number(of folder: Path) -> Int32 {
        if let last = records.last, folders[Int(last.folder)] == folder { return last.folder }
        if let number = folderNumbers[folder] { return number }
        let number = Int32(folders.count)
        folders.append(folder)
        folderNumbers[folder] = number
        return number
    }

    /// Without a copy of the name.
    func withName<R>(
        _ record: Record, _ body: (UnsafeRawBufferPointer) throws -> R
    ) rethrows -> R {
        try names.withUnsafeBytes { names in
            let start = Int(record.nameStart)
            return try body(
                UnsafeRawBufferPointer(rebasing: names[start..<start + Int(record.nameLength)]))
        }
    }

    func name(_ record: Record) -> Path { withName(record) { Path(bytes: $0) } }

    /// A hash of the path.
    func hash(_ record: Record) -> UInt64 {
        var hasher = Swift.Hasher()
        hasher.combine(folders[Int(record.folder)])
        withName(record) { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// A path that occurs twice.
    func duplicate() -> Path? {
        let sorted = records.indices.map { (hash: hash(records[$0]), index: $0) }
            .sorted { $0.hash < $1.hash }
        for (one, other) in zip(sorted, sorted.dropFirst()) where one.hash == other.hash {
            let (a, b) = (records[one.index], records[other.index])
            if a.folder == b.folder, name(a) == name(b) {
                return folders[Int(a.folder)].appending(name(a))
            }
        }
        return nil
    }
}
