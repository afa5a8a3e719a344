/// Writes Thrift's compact protocol, in which Parquet has its page headers and its footer. By hand,
/// because Debian 12 has no library that writes Parquet, and these few types are all it needs.
///
/// A field is its distance from the last one and its type in a byte, then its value. Numbers are
/// zigzag varints; a structure ends with a zero.
struct ThriftCompact {
    enum Kind: UInt8 {
        case i32 = 5
        case i64 = 6
        case binary = 8
        case list = 9
        case structure = 12
    }

    private(set) var bytes: [UInt8] = []
    /// The last field of the structure that is being written.
    private var last = 0

    /// - Parameter body: writes the fields, in ascending order and less than 16 apart.
    static func structure(_ body: (inout ThriftCompact) -> Void) -> [UInt8] {
        var thrift = ThriftCompact()
        thrift.structure(body)
        return thrift.bytes
    }

    mutating func structure(_ body: (inout ThriftCompact) -> Void) {
        let outer = last
        last = 0
        body(&self)
        bytes.append(0)
        last = outer
    }

    // MARK: Fields

    mutating func field(_ id: Int, i32 value: Int) {
        begin(id, .i32)
        append(value)
    }

    mutating func field(_ id: Int, i64 value: Int64) {
        begin(id, .i64)
        append(Int(value))
    }

    mutating func field(_ id: Int, binary value: some Collection<UInt8>) {
        begin(id, .binary)
        append(value)
    }

    mutating func field(_ id: Int, _ body: (inout ThriftCompact) -> Void) {
        begin(id, .structure)
        structure(body)
    }

    /// - Parameter item: writes an element.
    mutating func field<Items: Collection>(
        _ id: Int, _ kind: Kind, _ items: Items, item: (inout ThriftCompact, Items.Element) -> Void
    ) {
        begin(id, .list)
        if items.count < 15 {
            bytes.append(UInt8(items.count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            TFExample.append(varint: UInt64(items.count), to: &bytes)
        }
        for element in items { item(&self, element) }
    }

    // MARK: Elements

    mutating func append(_ value: Int) {
        TFExample.append(varint: UInt64(bitPattern: Int64(value << 1 ^ value >> 63)), to: &bytes)
    }

    mutating func append(_ value: some Collection<UInt8>) {
        TFExample.append(varint: UInt64(value.count), to: &bytes)
        bytes += value
    }

    private mutating func begin(_ id: Int, _ kind: Kind) {
        bytes.append(UInt8(id - last) << 4 | kind.rawValue)
        last = id
    }
}
