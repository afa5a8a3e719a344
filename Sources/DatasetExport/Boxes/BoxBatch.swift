internal import DatasetManifest
internal import Disk

/// The boxes of some annotations that follow each other in an archive.
struct BoxBatch: Sendable {
    /// Enough that handing them over costs nothing, few enough to need little memory.
    static let size = 128
    private static let enoughBytes = 8 << 20

    /// Annotations before they are parsed.
    struct Texts: Sendable {
        private(set) var files: [(folder: Path, name: Path, xml: [UInt8])] = []
        private var bytes = 0

        var isFull: Bool { files.count >= BoxBatch.size || bytes >= BoxBatch.enoughBytes }

        mutating func add(_ folder: Path, _ name: Path, _ xml: [UInt8]) {
            files.append((folder, name, xml))
            bytes += xml.count
        }
    }

    struct File: Sendable {
        var nameStart: Int
        let folderLength: Int32
        let nameLength: Int32
        var boxStart: Int32
        let boxCount: Int32
        /// The WNID of the first object if it is not the folder's.
        let otherClass: WNID?

        func behind(names: Int, boxes: Int32) -> File {
            var file = self
            file.nameStart += names
            file.boxStart += boxes
            return file
        }
    }

    private(set) var files: [File] = []
    /// `folder/name.xml`, concatenated.
    private(set) var names: [UInt8] = []
    private(set) var boxes: [BoundingBoxes.Box] = []
    /// Boxes completely outside the picture.
    private(set) var vanishedBoxes = 0

    /// - Throws: `.badBoxes` for the first file that is not an annotation.
    init(_ texts: Texts, in source: Path) throws(ExportError) {
        let parser = try BoxParser()
        for (folder, name, xml) in texts.files {
            do throws(BoxParser.Fault) {
                try add(folder, name, xml, parser)
            } catch {
                throw .badBoxes(name, in: source, error.reason)
            }
        }
    }

    private mutating func add(
        _ folder: Path, _ name: Path, _ xml: [UInt8], _ parser: BoxParser
    ) throws(BoxParser.Fault) {
        let start = boxes.count
        let result = xml.withUnsafeBytes { bytes in
            Result { () throws(BoxParser.Fault) in try parser.read(bytes) }
        }
        try result.get()
        try addBoxes(parser)
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
        // The script stops at the first xmin that is missing or -1.
        let count = edges[0].firstIndex(of: -1) ?? edges[0].count
        guard count > 0 else { return }
        // The script takes -1 for what is missing.
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
                vanishedBoxes += 1
                continue
            }
            boxes.append(
                BoundingBoxes.Box(
                    xMin: BoxNumber.tenThousandths(xMin), yMin: BoxNumber.tenThousandths(yMin),
                    xMax: BoxNumber.tenThousandths(xMax), yMax: BoxNumber.tenThousandths(yMax)))
        }
    }
}
