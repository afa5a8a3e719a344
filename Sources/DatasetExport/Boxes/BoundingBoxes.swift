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

    /// One file. Its name stands in `names`, its boxes in `boxes`.
    private struct File {
        let nameStart: Int
        let folderLength: Int32
        let nameLength: Int32
        let boxStart: Int32
        let boxCount: Int32
        /// What the first object is called, where that is a WNID other than the folder's.
        let otherClass: WNID?
    }

    private static let longestFile = 4 << 20
    private static let mostFiles = 8_000_000
    private static let mostBoxes = 32_000_000
    private static let ending = Array(".xml".utf8)

    public private(set) var summary = Summary()
    private var files: [File] = []
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
        let parser = try BoxParser()
        var reader = try ArchiveReader(archive)
        while let entry = try reader.next() {
            guard entry.kind == .file, let (folder, name) = Self.place(entry.path) else { continue }
            let bytes = try reader.contents(limit: Self.longestFile)
            try add(folder, name, bytes, parser)
            if files.count.isMultiple(of: 1024) { try progress(files.count) }
        }
        finish(classes)
        try progress(files.count)
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

    private mutating func add(
        _ folder: Path, _ name: Path, _ xml: [UInt8], _ parser: BoxParser
    ) throws(ExportError) {
        if files.count >= Self.mostFiles || boxes.count >= Self.mostBoxes {
            throw .badBoxes(name, in: source, "there are more than such an archive can have")
        }
        let start = boxes.count
        let result = xml.withUnsafeBytes { bytes in
            Result { () throws(BoxParser.Fault) in try parser.read(bytes) }
        }
        do throws(BoxParser.Fault) {
            try result.get()
            try addBoxes(parser)
        } catch {
            throw .badBoxes(name, in: source, error.reason)
        }
        let called = parser.name.flatMap { WNID(bytes: $0) }
        let own = WNID(bytes: folder.bytes)
        files.append(
            File(
                nameStart: names.count, folderLength: Int32(folder.bytes.count),
                nameLength: Int32(name.bytes.count), boxStart: Int32(start),
                boxCount: Int32(boxes.count - start), otherClass: called == own ? nil : called))
        names += folder.bytes
        names.append(UInt8(ascii: "/"))
        names += name.bytes
    }

    private mutating func addBoxes(_ parser: BoxParser) throws(BoxParser.Fault) {
        let edges = parser.edges
        // The script counts the boxes by the first xmin that is missing or -1.
        let count = edges[0].firstIndex(of: -1) ?? edges[0].count
        guard count > 0 else { return }
        // What is missing is -1 to the script.
        let (width, height) = (parser.width ?? -1, parser.height ?? -1)
        if width == 0 || height == 0 { throw BoxParser.Fault(reason: "its picture has no size") }
        func edge(_ list: Int, _ index: Int) -> Double {
            index < edges[list].count ? edges[list][index] : -1
        }
        func limited(_ value: Double) -> Double { min(max(value, 0), 1) }
        for index in 0..<count {
            let (x0, x1) = (edge(0, index) / width, edge(2, index) / width)
            let (y0, y1) = (edge(1, index) / height, edge(3, index) / height)
            let (xMin, xMax) = (limited(min(x0, x1)), limited(max(x0, x1)))
            let (yMin, yMax) = (limited(min(y0, y1)), limited(max(y0, y1)))
            guard xMin < xMax, yMin < yMax else {
                summary.vanishedBoxes += 1
                continue
            }
            boxes.append(
                Box(
                    xMin: BoxNumber.tenThousandths(xMin), yMin: BoxNumber.tenThousandths(yMin),
                    xMax: BoxNumber.tenThousandths(xMax), yMax: BoxNumber.tenThousandths(yMax)))
        }
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
        var kept: [File] = []
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
            func key(_ file: File) -> UnsafeBufferPointer<UInt8> {
                let length = Int(file.folderLength + 1 + file.nameLength)
                return UnsafeBufferPointer(
                    rebasing: names[file.nameStart..<file.nameStart + length])
            }
            func precedes(_ a: File, _ b: File) -> Bool {
                key(a).lexicographicallyPrecedes(key(b))
            }
            var sorted = files
            let isSorted = zip(files, files.dropFirst()).allSatisfy(precedes)
            if !isSorted {
                // The sort is stable in practice, not by promise: the place decides among equals.
                sorted.sort {
                    precedes($0, $1) || (!precedes($1, $0) && $0.nameStart < $1.nameStart)
                }
                var last: [File] = []
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

    private func folder(_ file: File) -> ArraySlice<UInt8> {
        names[file.nameStart..<file.nameStart + Int(file.folderLength)]
    }

    /// The name of the picture: that of the file, because what stands in it is sometimes "%s".
    private func imageName(_ file: File) -> ArraySlice<UInt8> {
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
