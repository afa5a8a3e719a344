internal import DatasetManifest
internal import Disk

/// Takes in images as they are found, and gives each its class.
struct SampleCollector {
    /// What is left out of a split, and how often.
    struct LeftOut: Sendable, Hashable {
        /// Files whose names end otherwise than an image's.
        var otherFiles = 0
        /// Images that lie in no class.
        var withoutClass = 0
    }

    private let split: SampleTable.Split
    private let labels: ClassLabels?
    private let extensions: [[UInt8]]
    private var table: SampleTable
    /// The classes in the order in which they turned up, and their numbers in it.
    private var found: [WNID] = []
    private var numbers: [WNID: Int] = [:]
    private(set) var leftOut = LeftOut()

    /// - Parameter extensions: what names of images end with, without a dot, in either case.
    init(_ split: SampleTable.Split, labels: ClassLabels?, extensions: [String]) {
        self.split = split
        self.labels = labels
        self.extensions = extensions.map { Array(".\($0.lowercased())".utf8) }
        table = SampleTable(split, classes: [])
    }

    mutating func addFolder(_ path: Path) -> Int { table.addFolder(path) }

    /// An image in an archive.
    mutating func add(
        _ name: UnsafeRawBufferPointer, in holder: UnsafeRawBufferPointer, offset: Int64,
        size: Int64, of archive: Path
    ) throws(ExportError) {
        guard let rank = try number(name, WNID(bytes: Self.stem(holder)), archive) else { return }
        try table.add(name, rank: rank, offset: offset, size: size, in: archive)
    }

    /// A file of its own.
    mutating func add(
        _ name: Path, in holder: WNID?, folder: Int, size: Int64
    ) throws(ExportError) {
        let place = table.folders[folder]
        let number = try name.bytes.withUnsafeBytes { bytes in
            Result { () throws(ExportError) in try self.number(bytes, holder, place) }
        }.get()
        guard let number else { return }
        try table.add(name.bytes, rank: number, folder: folder, size: size)
    }

    /// The name of a class tar, or the last folder of a path, without what stands behind a dot.
    private static func stem(_ holder: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        let start = (holder.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let end = holder[start...].firstIndex(of: UInt8(ascii: ".")) ?? holder.count
        return holder[start..<end]
    }

    /// The class of an image, as a number of ours; nil for what is left out.
    private mutating func number(
        _ name: UnsafeRawBufferPointer, _ holder: WNID?, _ place: Path
    ) throws(ExportError) -> Int? {
        guard Self.isImage(name, extensions) else {
            leftOut.otherFiles += 1
            return nil
        }
        switch split {
        case .test: return SampleTable.noRank
        case .train:
            if Self.validationIndex(name) != nil {
                throw .badInput(
                    "\(escaped(name)) in \(place) is a validation image, and no training image",
                    hint: "name the training images with \(.inputFolder), or choose \(.onlyVal)")
            }
            guard let wnid = holder ?? Self.prefix(name) else {
                leftOut.withoutClass += 1
                return nil
            }
            return number(of: wnid)
        case .val: return number(of: try validationClass(name, holder, place))
        }
    }

    /// - Parameter endings: of names of images, with their dot, in small letters.
    static func isImage(_ name: UnsafeRawBufferPointer, _ endings: [[UInt8]]) -> Bool {
        // Files that begin with a dot are other systems' remarks on the real ones.
        guard name.first != UInt8(ascii: ".") else { return false }
        return endings.contains { ending in
            guard name.count > ending.count else { return false }
            return zip(name.suffix(ending.count), ending).allSatisfy { byte, wanted in
                (65...90).contains(byte) ? byte + 32 == wanted : byte == wanted
            }
        }
    }

    /// The class that a name begins with: `n01440764_10026.JPEG`.
    private static func prefix(_ name: UnsafeRawBufferPointer) -> WNID? {
        guard name.count > 10, name[9] == UInt8(ascii: "_") else { return nil }
        return WNID(bytes: name.prefix(9))
    }

    /// The number of a validation image, with its class before its name or without; nil for others.
    private static func validationIndex(_ name: UnsafeRawBufferPointer) -> Int? {
        let own = prefix(name) == nil ? name[...] : name.dropFirst(10)
        // Names of training images end here, at once.
        guard own.first == UInt8(ascii: "I") else { return nil }
        return ValidationName.index(own)
    }

    /// What the labels say; a class folder or a prefix must say the same.
    private func validationClass(
        _ name: UnsafeRawBufferPointer, _ holder: WNID?, _ place: Path
    ) throws(ExportError) -> WNID {
        let said = holder ?? Self.prefix(name)
        guard let labels, labels.validation != nil else {
            if let said { return said }
            throw .badInput(
                "there are no labels for the validation images in \(place)",
                hint: "put ILSVRC2012_devkit_t12.tar.gz beside the archives, or name a label file "
                    + "with \(.labels)")
        }
        guard let index = Self.validationIndex(name) else {
            throw .badInput(
                "\(escaped(name)) in \(place) has not the name of a validation image, such as "
                    + "ILSVRC2012_val_00000001.JPEG",
                hint: "name the validation images with \(.inputFolder), or choose \(.onlyTrain)")
        }
        guard let known = labels.class(validationImage: index)?.wnid else {
            throw .badInput(
                "the labels have none for \(escaped(name)) in \(place)",
                hint: "name the right label file with \(.labels)")
        }
        if let said, said != known {
            throw .badInput(
                "\(escaped(name)) in \(place) lies in class \(said), and the labels say \(known)",
                hint: "the labels belong to another data set, or the images were sorted by wrong "
                    + "ones")
        }
        return known
    }

    private mutating func number(of wnid: WNID) -> Int {
        if let number = numbers[wnid] { return number }
        numbers[wnid] = found.count
        found.append(wnid)
        return found.count - 1
    }

    /// The images in their order. Ranks are those of the labels' classes, where there are labels,
    /// else of the classes that were found.
    consuming func finish(in place: Path) throws(ExportError) -> SampleTable {
        if table.count == 0 { throw .noImages(place, split.rawValue) }
        if split == .test {
            try table.finish(classes: [], words: [], ranks: [])
            return table
        }
        let classes = labels?.classes.map(\.wnid) ?? found.sorted()
        let byWNID = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        var ranks: [Int] = []
        for wnid in found {
            guard let rank = byWNID[wnid] else {
                throw .badInput(
                    "the class \(wnid) of \(place) is none of the \(classes.count) that "
                        + "\(labels?.source ?? "the labels") has",
                    hint: "name the labels of this data set with \(.labels) or \(.auxFolder)")
            }
            ranks.append(rank)
        }
        let words = labels?.classes.map { $0.words.joined(separator: ", ") } ?? []
        try table.finish(classes: classes, words: words, ranks: ranks)
        if split == .val, let truth = labels?.validation, truth.count != table.count {
            throw .badInput(
                "there are \(table.count) validation images in \(place), and the labels are for "
                    + "\(truth.count)",
                hint:
                    "verify the archive, or unpack it anew; labels of other images are named with "
                    + "\(.labels)")
        }
        return table
    }
}
