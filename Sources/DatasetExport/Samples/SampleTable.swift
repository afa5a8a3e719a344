public import DatasetManifest
internal import Disk

/// Where each image of a split lies, what it is called, and which class it has: 24 bytes and a name
/// for each.
///
/// Sorted by class and name for training images, by name for the others, which is the order of
/// how-to-imagenet and of torchvision.
public struct SampleTable: Sendable {
    public enum Split: String, Sendable, CaseIterable {
        case train, val, test
    }

    private struct Record {
        /// In the archive; for a file of its own the folder's number, with all bits turned over.
        let offset: Int64
        let nameStart: UInt32
        let size: UInt32
        var rank: Int32
        let nameLength: UInt16
    }

    /// What an image without a label has for a rank.
    public static let noRank = -1
    private static let mostImages = 64_000_000

    public let split: Split
    /// The classes by rank; empty for test images.
    public private(set) var classes: [WNID]
    /// What each class is called, by rank; empty where nobody says it.
    public private(set) var words: [String] = []
    /// The texts of the WNIDs, by rank.
    private var wnidTexts: [[UInt8]] = []
    private var records: [Record] = []
    private var names: [UInt8] = []
    /// The folders of files of their own.
    private(set) var folders: [Path] = []
    public private(set) var totalBytes: Int64 = 0
    public private(set) var longest = 0

    init(_ split: Split, classes: [WNID]) {
        self.split = split
        self.classes = classes
    }

    public var count: Int { records.count }

    func size(_ sample: Int) -> Int { Int(records[sample].size) }

    /// The rank of the image's class, or `noRank`.
    func rank(_ sample: Int) -> Int { Int(records[sample].rank) }

    /// The WNID of the image's class; empty for images without a label.
    func wnid(_ sample: Int) -> [UInt8] {
        let rank = rank(sample)
        return wnidTexts.indices.contains(rank) ? wnidTexts[rank] : []
    }

    /// The file's name, without any folder.
    func name(_ sample: Int) -> ArraySlice<UInt8> {
        let record = records[sample]
        let start = Int(record.nameStart)
        return names[start..<start + Int(record.nameLength)]
    }

    /// The offset in the archive; nil for a file of its own.
    func offset(_ sample: Int) -> Int64? {
        let offset = records[sample].offset
        return offset < 0 ? nil : offset
    }

    /// The path of a file of its own.
    func path(_ sample: Int) -> Path {
        let number = Int(~records[sample].offset)
        guard folders.indices.contains(number) else { return Path(bytes: name(sample)) }
        return folders[number].appending(Path(bytes: name(sample)))
    }

    // MARK: Names

    /// All samples in the order of their names, for `sample(named:in:)`.
    func sortedByName() -> [UInt32] {
        let all = Array(0..<UInt32(clamping: count))
        // Names of training images begin with their class, so that they are sorted already.
        let isSorted = all.dropFirst().allSatisfy {
            !name(Int($0)).lexicographicallyPrecedes(name(Int($0) - 1))
        }
        if isSorted { return all }
        return all.sorted { name(Int($0)).lexicographicallyPrecedes(name(Int($1))) }
    }

    func sample(named wanted: ArraySlice<UInt8>, in byName: [UInt32]) -> Int? {
        var (low, high) = (0, byName.count)
        while low < high {
            let middle = (low + high) / 2
            if name(Int(byName[middle])).lexicographicallyPrecedes(wanted) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < byName.count, name(Int(byName[low])).elementsEqual(wanted) else { return nil }
        return Int(byName[low])
    }

    // MARK: Building

    mutating func addFolder(_ path: Path) -> Int {
        folders.append(path)
        return folders.count - 1
    }

    mutating func add(
        _ name: some Collection<UInt8>, rank: Int, offset: Int64, size: Int64, in place: Path
    ) throws(ExportError) {
        guard size <= Int64(Int32.max), name.count <= 4096 else {
            throw .badInput("refused \(escaped(name)) in \(place): no image is that large")
        }
        guard records.count < Self.mostImages, names.count <= Int(UInt32.max) - 4096 else {
            throw .badInput("refused \(place): it has more images than any data set")
        }
        records.append(
            Record(
                offset: offset, nameStart: UInt32(names.count), size: UInt32(size),
                rank: Int32(clamping: rank), nameLength: UInt16(name.count)))
        names += name
        totalBytes += size
        longest = max(longest, Int(size))
    }

    mutating func add(
        _ name: some Collection<UInt8>, rank: Int, folder: Int, size: Int64
    ) throws(ExportError) {
        try add(name, rank: rank, offset: ~Int64(folder), size: size, in: folders[folder])
    }

    /// Brings the images into their order, and refuses two of one name in one class.
    ///
    /// - Parameter ranks: for each class number that was given with an image, its rank.
    mutating func finish(
        classes: [WNID], words: [String], ranks: [Int]
    ) throws(ExportError) {
        self.classes = classes
        self.words = words
        wnidTexts = classes.map { Array("\($0)".utf8) }
        for index in records.indices where records[index].rank >= 0 {
            records[index].rank = Int32(clamping: ranks[Int(records[index].rank)])
        }
        let byClass = split == .train
        // In place: a second copy of the records would be the most memory that an export takes.
        names.withUnsafeBufferPointer { names in
            func key(_ record: Record) -> UnsafeBufferPointer<UInt8> {
                let start = Int(record.nameStart)
                return UnsafeBufferPointer(rebasing: names[start..<start + Int(record.nameLength)])
            }
            records.sort { a, b in
                if byClass && a.rank != b.rank { return a.rank < b.rank }
                return key(a).lexicographicallyPrecedes(key(b))
            }
        }
        for index in records.indices.dropFirst()
        where (!byClass || records[index].rank == records[index - 1].rank)
            && name(index).elementsEqual(name(index - 1))
        {
            throw .badInput("the image \(escaped(name(index))) is there twice")
        }
    }
}
