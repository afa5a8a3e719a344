public import Disk

struct SampleBoxTable: Sendable {
    private var boxes: [BoundingBoxes.Box] = []
    /// Where the boxes of each sample begin; empty if there are no boxes.
    private var starts: [Int32] = []

    init() {}

    /// Finds the images by the base names of their files.
    init(_ rows: BoxRows, for table: SampleTable) {
        let byName = table.sortedByName()
        // In the order of the rows, which the sort below keeps for each image.
        var found: [(sample: Int32, row: Int32)] = []
        for row in 0..<rows.count {
            if let sample = table.sample(named: rows.name(row), in: byName) {
                found.append((Int32(sample), Int32(row)))
            }
        }
        found.sort { ($0.sample, $0.row) < ($1.sample, $1.row) }
        starts.reserveCapacity(table.count + 1)
        for item in found {
            while starts.count <= Int(item.sample) { starts.append(Int32(boxes.count)) }
            boxes.append(rows.boxes[Int(item.row)])
        }
        while starts.count <= table.count { starts.append(Int32(boxes.count)) }
    }

    var count: Int { boxes.count }

    subscript(index: Int) -> BoundingBoxes.Box { boxes[index] }

    func range(_ sample: Int) -> Range<Int> {
        starts.isEmpty ? 0..<0 : Int(starts[sample])..<Int(starts[sample + 1])
    }
}

/// Boxes with the base names of their images, as a CSV has them.
public struct BoxRows: Sendable {
    private static let longestFile = 1 << 30

    private(set) var boxes: [BoundingBoxes.Box] = []
    private var names: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { boxes.count }

    func name(_ row: Int) -> ArraySlice<UInt8> { names[(row == 0 ? 0 : ends[row - 1])..<ends[row]] }

    private mutating func add(_ name: some Sequence<UInt8>, _ box: BoundingBoxes.Box) {
        names += name
        ends.append(names.count)
        boxes.append(box)
    }

    public init(_ found: BoundingBoxes) {
        found.forEach { image, boxes in
            for box in boxes { add(image + ".JPEG".utf8, box) }
        }
    }

    /// A CSV of `NAME,xmin,ymin,xmax,ymax`, relative to the picture's size.
    ///
    /// - Throws: `ExportError` `.badInput`, which names the first bad line.
    public init(csv path: Path) throws {
        let bytes = try FileDescriptor(path, .reading).contents(limit: Self.longestFile)
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let (name, box) = Self.row(line) else {
                throw ExportError.badInput(
                    "cannot read the boxes of \(path): line \(index + 1) is "
                        + "\"\(escaped(line.prefix(60)))\"",
                    hint: "a line is NAME.JPEG,xmin,ymin,xmax,ymax, each from 0 to 1")
            }
            add(name, box)
        }
    }

    /// Whether a file begins like such a CSV, whatever its name.
    public static func isCSV(_ path: Path) throws -> Bool {
        var start = [UInt8](repeating: 0, count: 4096)
        let file = try FileDescriptor(path, .reading)
        let count = try start.withUnsafeMutableBytes { try file.readUpTo($0, at: 0) }
        let lines = start[..<count].split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        return lines.first.map { row($0) != nil } ?? false
    }

    private static func row(
        _ line: ArraySlice<UInt8>
    ) -> (name: ArraySlice<UInt8>, box: BoundingBoxes.Box)? {
        let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = fields.dropFirst().compactMap(number)
        guard fields.count == 5, numbers.count == 4, !fields[0].isEmpty else { return nil }
        return (
            fields[0],
            BoundingBoxes.Box(
                xMin: numbers[0], yMin: numbers[1], xMax: numbers[2], yMax: numbers[3])
        )
    }

    private static func number(_ field: ArraySlice<UInt8>) -> UInt16? {
        var field = field
        if field.last == UInt8(ascii: "\r") { field.removeLast() }
        guard let value = Double(String(decoding: field, as: UTF8.self)), (0...1).contains(value)
        else { return nil }
        return BoxNumber.tenThousandths(value)
    }
}
