internal import DatasetExport
internal import DatasetManifest
internal import Disk

struct SampleClass: Sendable {
    let wnid: String
    /// The devkit's number, which does not follow the WNIDs.
    let id: Int
    let words: String
    let gloss: String
    let count: Int
    let style: SampleStyle
    /// Whether boxes use an English name for it, as they do for dogs.
    let isDog: Bool
}

/// The contents of a sample, determined by the options alone.
struct SamplePlan: Sendable {
    let options: SampleDataset.Options
    /// Ascending by WNID: the index is the rank, the training label.
    let classes: [SampleClass]
    /// WNIDs without a class, for the nodes above the classes.
    let spareWNIDs: [String]
    /// The rank of each validation image, from ILSVRC2012_val_00000001 on.
    let valLabels: [Int]
    /// The order of the validation images in their tar, from 0.
    let valOrder: [Int]
    /// The test images in the patch, from 0, and whether it changes them.
    let patched: [(index: Int, changes: Bool)]

    private var seed: UInt64 { options.seed }

    init(_ options: SampleDataset.Options) {
        self.options = options
        let count = options.classes
        // One internal node per class is always enough.
        let made = Self.wnids(2 * count + 2, options.seed)
        let real =
            options.names == .real ? Array(BuiltIn.classes?.classes.prefix(count) ?? []) : []
        let taken = Set(real.map { "\($0.wnid)" })
        spareWNIDs = made[(real.isEmpty ? count : 0)...].filter { !taken.contains($0) }
        let wnids = real.isEmpty ? made[..<count].sorted() : real.map { "\($0.wnid)" }
        var random = SampleRandom(options.seed, .ids)
        var ids = random.permutation(count).map { $0 + 1 }
        // With fewer classes most real ids would be beyond the last one.
        let realIDs = real.compactMap(\.id)
        if realIDs.sorted() == Array(1...count) { ids = realIDs }
        classes = zip(wnids, ids).enumerated().map { rank, names in
            var random = SampleRandom(options.seed, .counts, rank)
            let spread = options.perClass / 8
            let (first, rest) = Self.words(names.1)
            return SampleClass(
                wnid: names.0, id: names.1,
                words: real.isEmpty
                    ? "\(first), \(rest)" : real[rank].words.joined(separator: ", "),
                gloss: "what pictures of the kind \(names.1) show; made, not photographed",
                count: min(options.perClass + random.next(in: -spread...spread), 1300),
                style: SampleStyle(options.seed, rank), isDog: names.1 % 5 == 3)
        }
        random = SampleRandom(options.seed, .valLabels)
        valLabels = random.permutation(options.val).map { $0 % count }
        random = SampleRandom(options.seed, .valOrder)
        valOrder = random.permutation(options.val)
        random = SampleRandom(options.seed, .patch)
        patched = random.permutation(options.test).prefix(max(1, min(10, options.test / 5)))
            .enumerated().map { ($0.element, $0.offset.isMultiple(of: 2)) }
    }

    private static func wnids(_ count: Int, _ seed: UInt64) -> [String] {
        var random = SampleRandom(seed, .wnids)
        var seen: Set<Int> = []
        var result: [String] = []
        while result.count < count {
            let offset = random.next(in: 1_400_000...15_200_000)
            if seen.insert(offset).inserted { result.append("n" + padded(offset, 8)) }
        }
        return result
    }

    private static func words(_ id: Int) -> (String, String) {
        // As with "crane" and "maillot", two classes share a first word.
        let first = id == 4 || id == 7 ? "sample crane" : "sample class \(id)"
        return (first, "number \(id) of its kind")
    }

    // MARK: Pictures

    var trainCount: Int { classes.reduce(0) { $0 + $1.count } }

    var pictureCount: Int { trainCount + options.val + options.test + patched.count }

    /// The numbers in the names of a class's training images: ascending, with gaps, from one digit
    /// to five, so that the order of names is not the order of numbers.
    func numbers(_ rank: Int) -> [Int] {
        var random = SampleRandom(seed, .numbers, rank)
        var number = 0
        return (0..<classes[rank].count).map { index in
            number += random.next(in: 1...(index < 4 ? 4 : 60))
            return number
        }
    }

    func trainName(_ rank: Int, _ number: Int) -> String { "\(classes[rank].wnid)_\(number)" }

    func trainPicture(_ rank: Int, _ index: Int) -> SamplePicture {
        var picture = SamplePicture(
            SampleRandom(seed, .trainPicture, rank, index), classes[rank].style)
        // One each in the whole set, in different classes if there are two.
        if rank == classes.count / 2 && index == 0 { picture.encoding = .cmykJPEG }
        if rank == 0 && index == 1 { picture.encoding = .png }
        return picture
    }

    func valName(_ index: Int) -> String { "ILSVRC2012_val_" + padded(index + 1, 8) }

    func valPicture(_ index: Int) -> SamplePicture {
        let style = classes[valLabels[index]].style
        return SamplePicture(SampleRandom(seed, .valPicture, index), style)
    }

    func testName(_ index: Int) -> String { "ILSVRC2012_test_" + padded(index + 1, 8) }

    func testPicture(_ index: Int, patched: Bool = false) -> SamplePicture {
        var random = SampleRandom(seed, .testLabels, index)
        let style = classes[random.next(in: 0...classes.count - 1)].style
        let purpose: SampleRandom.Purpose = patched ? .patchPicture : .testPicture
        return SamplePicture(SampleRandom(seed, purpose, index), style)
    }

    // MARK: Labels

    /// What `wnids` of a manifest pins: a WNID per line, ascending.
    var wnidList: [UInt8] { lines(classes.map(\.wnid)) }

    /// What `valWNIDs` of a manifest pins: the WNID of each validation image.
    var valWNIDList: [UInt8] { lines(valLabels.map { classes[$0].wnid }) }

    /// The devkit's ground truth: ids, not ranks.
    var groundTruth: [UInt8] { lines(valLabels.map { "\(classes[$0].id)" }) }

    private func lines(_ items: [String]) -> [UInt8] { items.flatMap { Array("\($0)\n".utf8) } }
}
