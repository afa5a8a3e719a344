internal import Disk

/// Files of a tar by their offsets, and where they go: 32 bytes and a name for each.
struct FileList: Sendable {
    struct Record: Sendable {
        let offset: Int64
        let size: Int64
        let nameStart: UInt32
        let nameLength: UInt16
        /// The number of the folder.
        let folder: Int32
    }

    private(set) var records: ContiguousArray<Record> = []
    private var names: ContiguousArray<UInt8> = []
    private(set) var folders: [Path] = []
    private var folderNumbers: [Path: Int32] = [:]

    /// Whether the tar that these are the files of ends with the mark that says so.
    var hasEndMark = true

    var count: Int { records.count }

    /// Files that may be images: without the hidden ones that some systems put beside them.
    var images: Int {
        names.withUnsafeBufferPointer { names in
            records.count { $0.nameLength == 0 || names[Int($0.nameStart)] != UInt8(ascii: ".") }
        }
    }

    mutating func add(
        _ name: ArraySlice<UInt8>, in folder: Path, offset: Int64, size: Int64, of archive: Path
    ) throws(ExportError) {
        guard let start = UInt32(exactly: names.count), let length = UInt16(exactly: name.count)
        else { throw .badInput("refused \(archive): its names are too long to be held in memory") }
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

    /// Hands out a name without making a copy of it.
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

    /// A number for the file's path that others hardly have.
    func hash(_ record: Record) -> UInt64 {
        var hasher = Swift.Hasher()
        hasher.combine(folders[Int(record.folder)])
        withName(record) { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Two files of one path, where there are any.
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
