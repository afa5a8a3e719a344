internal import DatasetManifest
internal import Disk

/// The place, name and class of each image of a split, in 24 bytes and a name each.
///
/// Training images are sorted by class and name, others by name, as in how-to-imagenet and
/// torchvision.
public struct SampleTable: Sendable {
    public enum Split: String, Sendable, CaseIterable {
        case train, val, test

        /// As loaders call it.
        var longName: String { self == .val ? "validation" : rawValue }
    }

    private struct Record {
        /// The offset in the archive; for a file, the number of its folder, inverted.
        let offset: Int64
        let nameStart: UInt32
        let size: UInt32
        var rank: Int32
        let nameLength: UInt16
    }

    /// The rank of an image without a label.
    static let noRank = -1
    private static let mostImages = 64_000_000

    let split: Split
    /// The classes by label; empty for test images without a list of them.
    private(set) var classes: [WNID]
    /// The chosen classes, and how they are numbered; nil if all were chosen.
    var choice: ClassChoice?
    /// The words of each class, by rank; empty if unknown.
    private(set) var words: [String] = []
    private var wnidTexts: [[UInt8]] = []
    private var records: [Record] = []
    private var names: [UInt8] = []
    /// The folders of images that are files.
    private(set) var folders: [Path] = []
    private(set) var totalBytes: Int64 = 0
    private(set) var longest = 0

    init(_ split: Split, classes: [WNID]) {
        self.split = split
        self.classes = classes
    }

    var count: Int { records.count }

    func size(_ sample: Int) -> Int { Int(records[sample].size) }

    /// `noRank` for an image without a label.
    func rank(_ sample: Int) -> Int { Int(records[sample].rank) }

    /// Empty for an image without a label.
    func wnid(_ sample: Int) -> [UInt8] {
        let rank = rank(sample)
        return wnidTexts.indices.contains(rank) ? wnidTexts[rank] : []
    }

    /// Without a folder.
    func name(_ sample: Int) -> ArraySlice<UInt8> {
        let record = records[sample]
        let start = Int(record.nameStart)
        return names[start..<start + Int(record.nameLength)]
    }

    /// Nil for a file.
    func offset(_ sample: Int) -> Int64? {
        let offset = records[sample].offset
        return offset < 0 ? nil : offset
    }

    /// Only for a file.
    func path(_ sample: Int) -> Path {
        let number = Int(~records[sample].offset)
        guard folders.indices.contains(number) else { return Path(bytes: name(sample)) }
        return folders[number].appending(Path(bytes: name(sample)))
    }

    // MARK: Names

    /// All samples by name, for `sample(named:in:)`.
    func sortedByName() -> [UInt32] {
        let all = Array(0..<UInt32(clamping: count))
        // Names of training images begin with their class, so they are often sorted already.
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

    /// Sorts the images, and refuses two with one name in one class.
    ///
    /// - Parameter ranks: the rank of each class number that `add` was given.
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
        // In place: a second copy of the records would be the peak of an export's memory.
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
