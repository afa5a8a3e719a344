internal import Archives
public import DatasetManifest
public import Disk

/// The bounding boxes of a data set, by the rules of process_bounding_boxes.py: relative to the
/// picture's size, cut at its edges, in ten-thousandths.
///
///     let boxes = try BoundingBoxes(archive: "ILSVRC2012_bbox_train_v2.tar.gz", classes: nil)
///     try boxes.writeCSV(to: file)
public struct BoundingBoxes: Sendable {
    /// One box in ten-thousandths of the picture's width and height.
    public struct Box: Sendable, Hashable {
        public let xMin: UInt16
        public let yMin: UInt16
        public let xMax: UInt16
        public let yMax: UInt16
    }

    /// What there was, and what became of it.
    public struct Summary: Sendable, Hashable {
        /// XML files read, those among them that were left out not counted.
        public var files = 0
        public var boxes = 0
        /// Files of folders that are no class.
        public var foreignFiles = 0
        /// Files without a box that counts.
        public var emptyFiles = 0
        /// Boxes of which nothing is left inside the picture.
        public var vanishedBoxes = 0
        /// Boxes that belong to another class, by the name of the first object.
        public var foreignBoxes = 0
    }

    /// Which folders and names are classes.
    public enum Classes: Sendable {
        /// Every folder counts, whatever the objects are called: boxes of validation images.
        case any
        /// The folders of the archive itself are the classes.
        case folders
        /// These are: other folders are left out.
        case known(Set<WNID>)
    }

    private static let longestFile = 4 << 20
    private static let mostFiles = 8_000_000
    private static let mostBoxes = 32_000_000
    private static let ending = Array(".xml".utf8)

    public private(set) var summary = Summary()
    private var files: [BoxBatch.File] = []
    /// `folder/name.xml`, one behind the other.
    private var names: [UInt8] = []
    private var boxes: [Box] = []
    private let source: Path

    /// Reads the archive once, from front to back.
    ///
    /// - Parameter progress: is told how many files there were, now and then; what it throws ends
    ///   the work.
    /// - Throws: `ExportError` `.badBoxes` for a file that is no annotation, as the script does;
    ///   `ArchiveError`.
    public init(
        archive: Path, classes: Classes, progress: (Int) throws -> Void = { _ in }
    ) throws {
        source = archive
        let parts = Monitor<[Int: BoxBatch]>([:])
        try Self.read(archive, progress) { index, texts in
            let part = try BoxBatch(texts, in: archive)
            parts.update { $0[index] = part }
        }
        let all = parts.read { $0 }
        for index in 0..<all.count {
            if let part = all[index] { try take(part) }
        }
        finish(classes)
        try progress(files.count)
    }

    /// Reads the archive here, and leaves what stands in its files to others.
    private static func read(
        _ archive: Path, _ progress: (Int) throws -> Void,
        _ use: @escaping @Sendable (Int, BoxBatch.Texts) throws -> Void
    ) throws {
        var reader = try ArchiveReader(archive)
        var count = 0
        func batch() throws -> BoxBatch.Texts? {
            var texts = BoxBatch.Texts()
            while !texts.isFull, let entry = try reader.next() {
                guard entry.kind == .file, let (folder, name) = place(entry.path) else { continue }
                texts.add(folder, name, try reader.contents(limit: longestFile))
            }
            count += texts.files.count
            if count > mostFiles { throw tooMany(archive) }
            try progress(count)
            // Only one that is not full says that there is no more.
            if texts.files.isEmpty, !reader.hasEndMark { throw ExportError.cutArchive(archive) }
            return texts.files.isEmpty ? nil : texts
        }
        try Workers.feed(window: 2 * Workers.processors, make: batch, use: use)
    }

    private static func tooMany(_ archive: Path) -> ExportError {
        .badBoxes(
            archive.lastComponent, in: archive, "there are more than such an archive can have")
    }

    /// Puts the next files behind those that are there.
    private mutating func take(_ part: BoxBatch) throws(ExportError) {
        guard boxes.count + part.boxes.count <= Self.mostBoxes else { throw Self.tooMany(source) }
        files += part.files.map { $0.behind(names: names.count, boxes: Int32(boxes.count)) }
        names += part.names
        boxes += part.boxes
        summary.vanishedBoxes += part.vanishedBoxes
    }

    /// The last two parts of a path that `*/*.xml` matches.
    private static func place(_ path: Path) -> (folder: Path, name: Path)? {
        guard path.hasSuffix(".xml") else { return nil }
        let name = path.lastComponent
        let folder = path.parent.lastComponent
        let dot = UInt8(ascii: ".")
        guard name.bytes.first != dot, folder.bytes.first != dot, name.bytes.count < 4096 else {
            return nil
        }
        return (folder, name)
    }

    // MARK: Order and classes

    private mutating func finish(_ classes: Classes) {
        sort()
        let known: Set<WNID>?
        switch classes {
        case .any: known = nil
        case .folders: known = Set(files.compactMap { WNID(bytes: folder($0)) })
        case .known(let classes): known = classes
        }
        var kept: [BoxBatch.File] = []
        kept.reserveCapacity(files.count)
        for file in files {
            if let known {
                guard let own = WNID(bytes: folder(file)), known.contains(own) else {
                    summary.foreignFiles += 1
                    continue
                }
                if let other = file.otherClass, known.contains(other) {
                    summary.foreignBoxes += Int(file.boxCount)
                    summary.emptyFiles += 1
                    summary.files += 1
                    continue
                }
            }
            kept.append(file)
        }
        files = kept
        summary.files += files.count
        summary.emptyFiles += files.count { $0.boxCount == 0 }
        summary.boxes = files.reduce(0) { $0 + Int($1.boxCount) }
    }

    /// Ascending by folder and name; of a file that is there twice the last one counts, as it would
    /// on the disk.
    private mutating func sort() {
        let order = names.withUnsafeBufferPointer { names in
            func key(_ file: BoxBatch.File) -> UnsafeBufferPointer<UInt8> {
                let length = Int(file.folderLength + 1 + file.nameLength)
                return UnsafeBufferPointer(
                    rebasing: names[file.nameStart..<file.nameStart + length])
            }
            func precedes(_ a: BoxBatch.File, _ b: BoxBatch.File) -> Bool {
                key(a).lexicographicallyPrecedes(key(b))
            }
            var sorted = files
            let isSorted = zip(files, files.dropFirst()).allSatisfy(precedes)
            if !isSorted {
                // The sort is stable in practice, not by promise: the place decides among equals.
                sorted.sort {
                    precedes($0, $1) || (!precedes($1, $0) && $0.nameStart < $1.nameStart)
                }
                var last: [BoxBatch.File] = []
                last.reserveCapacity(sorted.count)
                for file in sorted {
                    if let before = last.last, !precedes(before, file) { last.removeLast() }
                    last.append(file)
                }
                sorted = last
            }
            return sorted
        }
        files = order
    }

    private func folder(_ file: BoxBatch.File) -> ArraySlice<UInt8> {
        names[file.nameStart..<file.nameStart + Int(file.folderLength)]
    }

    /// The name of the picture: that of the file, because what stands in it is sometimes "%s".
    private func imageName(_ file: BoxBatch.File) -> ArraySlice<UInt8> {
        let start = file.nameStart + Int(file.folderLength) + 1
        return names[start..<start + Int(file.nameLength) - Self.ending.count]
    }

    // MARK: Out

    /// All boxes, in ascending order of the pictures.
    func forEach(_ body: (_ image: ArraySlice<UInt8>, _ boxes: ArraySlice<Box>) throws -> Void)
        rethrows
    {
        for file in files where file.boxCount > 0 {
            let start = Int(file.boxStart)
            try body(imageName(file), boxes[start..<start + Int(file.boxCount)])
        }
    }

    /// Hands over the lines of the CSV, `NAME.JPEG,xmin,ymin,xmax,ymax`, some at a time.
    public func writeCSV(_ write: ([UInt8]) throws -> Void) throws {
        var lines: [UInt8] = []
        try forEach { image, boxes in
            for box in boxes {
                lines += image
                lines += ".JPEG".utf8
                for value in [box.xMin, box.yMin, box.xMax, box.yMax] {
                    lines.append(UInt8(ascii: ","))
                    Self.append(value, to: &lines)
                }
                lines.append(UInt8(ascii: "\n"))
            }
            if lines.count > 1 << 20 {
                try write(lines)
                lines.removeAll(keepingCapacity: true)
            }
        }
        try write(lines)
    }

    private static func append(_ value: UInt16, to lines: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        lines.append(zero + UInt8(value / 10_000))
        lines.append(UInt8(ascii: "."))
        for divisor in [1000, 100, 10, 1] as [UInt16] {
            lines.append(zero + UInt8(value / divisor % 10))
        }
    }
}
