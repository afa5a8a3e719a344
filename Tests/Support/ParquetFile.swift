/// A Parquet file as its specification reads, apart from our writer: plain pages without compression,
/// and the columns `image.bytes`, `image.path` and `label`.
public struct ParquetFile {
    public struct Row: Hashable {
        public let bytes: [UInt8]
        public let path: String
        public let label: Int

        public init(bytes: [UInt8], path: String, label: Int) {
            self.bytes = bytes
            self.path = path
            self.label = label
        }
    }

    public struct Group {
        public let rows: Int
        /// The number of values in each page of images.
        public let pages: [Int]
        /// By the statistics.
        public let labels: ClosedRange<Int>
    }

    public private(set) var rows: [Row] = []
    public private(set) var groups: [Group] = []
    public private(set) var metadata: [String: String] = [:]

    public init(_ bytes: [UInt8]) throws {
        guard bytes.count > 12, bytes.starts(with: "PAR1".utf8),
            bytes.suffix(4).elementsEqual("PAR1".utf8)
        else { throw Wrong("magic") }
        let length = Self.number(bytes[(bytes.count - 8)..<(bytes.count - 4)])
        let start = bytes.count - 8 - length
        guard start >= 4 else { throw Wrong("the footer's length") }
        var reader = ThriftReader(bytes, at: start)
        let footer = try reader.structure()
        guard reader.place == bytes.count - 8 else { throw Wrong("the footer's end") }
        for pair in footer[5]?.list ?? [] {
            metadata[pair[1].text] = pair[2].text
        }
        let schema = (footer[2]?.list ?? []).map { $0[4].text }
        guard schema == ["schema", "image", "bytes", "path", "label"] else { throw Wrong("schema") }
        var end = 4
        for group in footer[4]?.list ?? [] {
            var columns: [[[UInt8]]] = []
            var pages: [Int] = []
            for (index, chunk) in group[1].list.enumerated() {
                let facts = chunk[3]
                guard facts[9].number == end else { throw Wrong("a gap before a column") }
                let column = try Self.column(
                    bytes, from: end, size: facts[7].number, isText: index < 2)
                guard column.values.count == facts[5].number else { throw Wrong("values") }
                end += facts[7].number
                columns.append(column.values)
                if index == 0 { pages = column.pages }
            }
            guard columns.count == 3 else { throw Wrong("columns") }
            for (image, rest) in zip(columns[0], zip(columns[1], columns[2])) {
                rows.append(
                    Row(
                        bytes: image, path: String(decoding: rest.0, as: UTF8.self),
                        label: Self.number(rest.1[...])))
            }
            let statistics = group[1].list[2][3][12]
            groups.append(
                Group(
                    rows: group[3].number, pages: pages,
                    labels: Self.number(
                        statistics[6].bytes[...])...Self.number(statistics[5].bytes[...])))
        }
        guard end == start else { throw Wrong("something between the columns and the footer") }
        guard rows.count == footer[3]?.number else { throw Wrong("the number of rows") }
    }

    private static func column(
        _ bytes: [UInt8], from start: Int, size: Int, isText: Bool
    ) throws -> (values: [[UInt8]], pages: [Int]) {
        var (values, pages): ([[UInt8]], [Int]) = ([], [])
        var place = start
        while place < start + size {
            var reader = ThriftReader(bytes, at: place)
            let header = try reader.structure()
            guard header[1]?.number == 0, let data = header[5], let length = header[3]?.number,
                length == header[2]?.number, data[2].number == 0, data[3].number == 3
            else { throw Wrong("a page's header") }
            let count = data[1].number
            pages.append(count)
            place = reader.place
            let end = place + length
            // The levels are one run.
            let levels = number(bytes[place..<place + 4])
            var run = ThriftReader(bytes, at: place + 4)
            guard try run.varint() == count << 1, run.place + 1 == place + 4 + levels else {
                throw Wrong("levels")
            }
            place += 4 + levels
            for _ in 0..<count {
                let length = isText ? number(bytes[place..<place + 4]) : 8
                if isText { place += 4 }
                values.append(Array(bytes[place..<place + length]))
                place += length
            }
            guard place == end else { throw Wrong("a page's end") }
        }
        return (values, pages)
    }

    /// A little-endian number, signed if it has eight bytes.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        Int(truncatingIfNeeded: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    struct Wrong: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }
}

/// Thrift's compact protocol.
public struct ThriftReader {
    public indirect enum Value {
        case number(Int)
        case bytes([UInt8])
        case list([Value])
        case structure([Int: Value])

        public subscript(_ field: Int) -> Value {
            if case .structure(let fields) = self { return fields[field] ?? .list([]) }
            return .list([])
        }

        public var number: Int { if case .number(let value) = self { value } else { -1 } }
        public var bytes: [UInt8] { if case .bytes(let value) = self { value } else { [] } }
        public var list: [Value] { if case .list(let value) = self { value } else { [] } }
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let bytes: [UInt8]
    public private(set) var place: Int

    public init(_ bytes: [UInt8], at place: Int = 0) {
        self.bytes = bytes
        self.place = place
    }

    private mutating func next() throws -> UInt8 {
        guard bytes.indices.contains(place) else { throw ParquetFile.Wrong("the end of the file") }
        place += 1
        return bytes[place - 1]
    }

    public mutating func varint() throws -> Int {
        var (value, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = try next()
            value |= UInt64(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { return Int(truncatingIfNeeded: value) }
        }
    }

    private mutating func zigzag() throws -> Int {
        let value = UInt64(truncatingIfNeeded: try varint())
        return Int(truncatingIfNeeded: value >> 1) ^ -Int(truncatingIfNeeded: value & 1)
    }

    public mutating func structure() throws -> [Int: Value] {
        var fields: [Int: Value] = [:]
        var last = 0
        while true {
            let head = try next()
            if head == 0 { return fields }
            last = head >> 4 == 0 ? try zigzag() : last + Int(head >> 4)
            fields[last] = try value(head & 15)
        }
    }

    private mutating func value(_ kind: UInt8) throws -> Value {
        switch kind {
        case 4, 5, 6: return .number(try zigzag())
        case 8:
            let length = try varint()
            guard length >= 0, length <= bytes.count - place else {
                throw ParquetFile.Wrong("a length")
            }
            place += length
            return .bytes(Array(bytes[(place - length)..<place]))
        case 9:
            let head = try next()
            let count = head >> 4 == 15 ? try varint() : Int(head >> 4)
            return .list(try (0..<count).map { _ in try value(head & 15) })
        case 12: return .structure(try structure())
        default: throw ParquetFile.Wrong("type \(kind)")
        }
    }
}
