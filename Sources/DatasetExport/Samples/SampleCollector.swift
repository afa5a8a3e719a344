internal import DatasetManifest
internal import Disk

/// Collects images as they are found, and finds the class of each.
struct SampleCollector {
    struct LeftOut: Sendable, Hashable {
        /// Files that are not named like images.
        var otherFiles = 0
        /// Images outside of class folders.
        var withoutClass = 0
    }

    private let split: SampleTable.Split
    private let labels: ClassLabels?
    private let extensions: [[UInt8]]
    private let choice: ClassChoice?
    private var table: SampleTable
    /// Classes in the order in which they were found, and their numbers in it.
    private var found: [WNID] = []
    private var numbers: [WNID: Int] = [:]
    private(set) var leftOut = LeftOut()

    /// - Parameter extensions: of image names, without a dot, in any case.
    init(
        _ split: SampleTable.Split, labels: ClassLabels?, extensions: [String],
        choice: ClassChoice? = nil
    ) {
        self.split = split
        self.labels = labels
        self.choice = choice
        self.extensions = extensions.map { Array(".\($0.lowercased())".utf8) }
        table = SampleTable(split, classes: [])
    }

    mutating func addFolder(_ path: Path) -> Int { table.addFolder(path) }

    mutating func add(
        _ name: UnsafeRawBufferPointer, in holder: UnsafeRawBufferPointer, offset: Int64,
        size: Int64, of archive: Path
    ) throws(ExportError) {
        guard let rank = try number(name, WNID(bytes: Self.stem(holder)), archive) else { return }
        try table.add(name, rank: rank, offset: offset, size: size, in: archive)
    }

    /// An image that is a file.
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

    /// The name of a class tar without its extension, or the last folder of a path.
    private static func stem(_ holder: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        let start = (holder.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let end = holder[start...].firstIndex(of: UInt8(ascii: ".")) ?? holder.count
        return holder[start..<end]
    }

    /// The number of an image's class; nil for an image that is ignored.
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
                    "\(escaped(name)) in \(place) is a validation image, not a training image",
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

    /// Whether images of a class tar or folder can be among the chosen; only a class says that they
    /// are not.
    func wants(_ holder: WNID?) -> Bool {
        guard let choice, let holder else { return true }
        return choice.classes.contains(holder)
    }

    /// The same for a class tar by its name in the archive.
    func wants(tar name: UnsafeRawBufferPointer) -> Bool { wants(WNID(bytes: Self.stem(name))) }

    /// - Parameter endings: of image names, with a dot, in lower case.
    static func isImage(_ name: UnsafeRawBufferPointer, _ endings: [[UInt8]]) -> Bool {
        // Other systems put hidden files beside the real ones.
        guard name.first != UInt8(ascii: ".") else { return false }
        return endings.contains { ending in
            guard name.count > ending.count else { return false }
            return zip(name.suffix(ending.count), ending).allSatisfy { byte, wanted in
                (65...90).contains(byte) ? byte + 32 == wanted : byte == wanted
            }
        }
    }

    /// The class in a name such as `n01440764_10026.JPEG`.
    private static func prefix(_ name: UnsafeRawBufferPointer) -> WNID? {
        guard name.count > 10, name[9] == UInt8(ascii: "_") else { return nil }
        return WNID(bytes: name.prefix(9))
    }

    /// The number of a validation image, whether its class is in front of its name or not; nil for
    /// others.
    private static func validationIndex(_ name: UnsafeRawBufferPointer) -> Int? {
        let own = prefix(name) == nil ? name[...] : name.dropFirst(10)
        // Names of training images are excluded here, quickly.
        guard own.first == UInt8(ascii: "I") else { return nil }
        return ValidationName.index(own)
    }

    /// The label of an image; a class folder or a prefix must agree with it.
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
                "\(escaped(name)) in \(place) is not named like a validation image, such as "
                    + "ILSVRC2012_val_00000001.JPEG",
                hint: "name the validation images with \(.inputFolder), or choose \(.onlyTrain)")
        }
        guard let known = labels.class(validationImage: index)?.wnid else {
            throw .badInput(
                "there is no label for \(escaped(name)) in \(place)",
                hint: "name the right label file with \(.labels)")
        }
        if let said, said != known {
            throw .badInput(
                "\(escaped(name)) in \(place) is in class \(said), but the labels say \(known)",
                hint: "the labels belong to another data set, or the images were sorted by wrong "
                    + "ones")
        }
        return known
    }

    /// Nil for a class that was not chosen.
    private mutating func number(of wnid: WNID) -> Int? {
        if !wants(wnid) { return nil }
        if let number = numbers[wnid] { return number }
        numbers[wnid] = found.count
        found.append(wnid)
        return found.count - 1
    }

    /// The images in order, with ranks by the labels' classes, or else by the classes that were
    /// found; with those of the chosen classes, if they are numbered alone.
    consuming func finish(in place: Path) throws(ExportError) -> SampleTable {
        if split != .test { try checkChosen(in: place) }
        if table.count == 0 { throw .noImages(place, split.rawValue) }
        table.choice = choice
        let known = labels?.classes.map(\.wnid)
        if split == .test {
            try table.finish(classes: known ?? [], words: words(known ?? []), ranks: [])
            return table
        }
        var classes = known ?? found.sorted()
        if let choice, choice.space == .subset { classes = choice.classes.wnids }
        let byWNID = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        var ranks: [Int] = []
        for wnid in found {
            guard let rank = byWNID[wnid] else {
                throw .unknownClass(wnid, in: place, among: classes.count, of: labels?.source)
            }
            ranks.append(rank)
        }
        try table.finish(classes: classes, words: words(classes), ranks: ranks)
        if split == .val, let truth = labels?.validationWNIDs {
            let expected = choice == nil ? truth.count : truth.count { wants($0) }
            if expected != table.count {
                throw .badInput(
                    "there are \(table.count) validation images in \(place), and the labels are for "
                        + "\(expected)",
                    hint:
                        "verify the archive, or unpack it again; name the labels of other images "
                        + "with \(.labels)")
            }
        }
        return table
    }

    private func words(_ classes: [WNID]) -> [String] {
        guard let labels else { return [] }
        return classes.map { labels.class($0)?.words.joined(separator: ", ") ?? "" }
    }

    /// Refuses classes that the data set or the input does not have.
    private func checkChosen(in place: Path) throws(ExportError) {
        guard let choice else { return }
        if let labels {
            for wnid in choice.classes.wnids where labels.class(wnid) == nil {
                throw .unknownClass(wnid, in: nil, among: labels.classes.count, of: labels.source)
            }
        } else if choice.space == .full {
            throw .badInput(
                "the classes of \(place) cannot be numbered among all of the data set, because "
                    + "there is no list of them",
                hint: "name the labels of this data set with \(.labels) or \(.auxFolder)")
        }
        // A class without validation images is noticed by their number.
        if split == .val, labels?.validation != nil { return }
        let missing = choice.classes.wnids.filter { numbers[$0] == nil }
        if !missing.isEmpty { throw .absentClasses(missing, in: place) }
    }
}
