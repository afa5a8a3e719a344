internal import Archives
public import DatasetManifest
public import Disk

/// The bounding boxes of a data set, by the rules of process_bounding_boxes.py: relative to the
/// picture's size, cut at its edges, in ten-thousandths.
///
///     let boxes = try BoundingBoxes(archive: "ILSVRC2012_bbox_train_v2.tar.gz", classes: nil)
///     try boxes.writeCSV(to: file)
public struct BoundingBoxes: Sendable {
    package static let kind = "bbox"

    /// In ten-thousandths of the picture's width and height.
    public struct Box: Sendable, Hashable {
        public let xMin: UInt16
        public let yMin: UInt16
        public let xMax: UInt16
        public let yMax: UInt16
    }

    public struct Summary: Sendable, Hashable {
        /// XML files that were read, without the foreign ones.
        public var files = 0
        public var boxes = 0
        /// Files outside the folders of classes.
        public var foreignFiles = 0
        /// Files without a usable box.
        public var emptyFiles = 0
        /// Boxes completely outside the picture.
        public var vanishedBoxes = 0
        /// Boxes whose first object is of another class.
        public var foreignBoxes = 0
    }

    public enum Classes: Sendable {
        /// Every folder counts, whatever the objects are called: for validation images.
        case any
        case folders
        /// Other folders are ignored.
        case known(Set<WNID>)
    }

    private static let longestFile = 4 << 20
    private static let mostFiles = 8_000_000
    private static let mostBoxes = 32_000_000
    private static let ending = Array(".xml".utf8)

    public private(set) var summary = Summary()
    private var files: [BoxBatch.File] = []
    /// `folder/name.xml`, concatenated.
    private var names: [UInt8] = []
    private var boxes: [Box] = []
    private let source: Path

    /// - Parameter progress: is called now and then with the bytes of the archive that were read; what
    ///   it throws ends the work.
    /// - Throws: `ExportError` `.badBoxes` for a file that is not an annotation, as the script
    ///   does; `ArchiveError`.
    public init(
        archive: Path, classes: Classes, progress: (Int64) throws -> Void = { _ in }
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
    }

    /// Reads the archive on this thread; others parse its files.
    private static func read(
        _ archive: Path, _ progress: (Int64) throws -> Void,
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
            try progress(reader.fileOffset)
            // Only a batch that is not full shows the end.
            if texts.files.isEmpty, !reader.hasEndMark { throw ExportError.cutArchive(archive) }
            return texts.files.isEmpty ? nil : texts
        }
        try Workers.feed(window: 2 * Workers.processors, make: batch, use: use)
    }

    private static func tooMany(_ archive: Path) -> ExportError {
        .badBoxes(
            archive.lastComponent, in: archive, "there are too many for such an archive")
    }

    private mutating func take(_ part: BoxBatch) throws(ExportError) {
        guard boxes.count + part.boxes.count <= Self.mostBoxes else { throw Self.tooMany(source) }
        files += part.files.map { $0.behind(names: names.count, boxes: Int32(boxes.count)) }
        names += part.names
        boxes += part.boxes
        summary.vanishedBoxes += part.vanishedBoxes
    }

    /// The last two components of a path that `*/*.xml` matches.
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

    /// Ascending by folder and name. Of a file that occurs twice the last one counts, as on a disk.
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
                // The sort is stable in practice, but that is not promised: the place decides among
                // equals.
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

    /// The name of the picture comes from the file, because the XML sometimes says "%s".
    private func imageName(_ file: BoxBatch.File) -> ArraySlice<UInt8> {
        let start = file.nameStart + Int(file.folderLength) + 1
        return names[start..<start + Int(file.nameLength) - Self.ending.count]
    }

    // MARK: Out

    func forEach(_ body: (_ image: ArraySlice<UInt8>, _ boxes: ArraySlice<Box>) throws -> Void)
        rethrows
    {
        for file in files where file.boxCount > 0 {
            let start = Int(file.boxStart)
            try body(imageName(file), boxes[start..<start + Int(file.boxCount)])
        }
    }

    /// Writes the lines of the CSV, `NAME.JPEG,xmin,ymin,xmax,ymax`, in parts.
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
