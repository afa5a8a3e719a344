/// Writes a `tf.train.Example`: protocol buffers by hand, because it is only two levels of lengths.
///
/// Features are sorted by name, so the bytes are always the same. Example.features = 1,
/// Features.feature = 1, an entry's key = 1 and value = 2, Feature.bytes_list = 1, float_list = 2,
/// int64_list = 3, a list's value = 1.
enum TFExample {
    static func varintSize(_ value: UInt64) -> Int {
        max(1, (64 - value.leadingZeroBitCount + 6) / 7)
    }

    static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// The tag and length of a field; its bytes follow.
    static func append(field: UInt8, length: Int, to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(varint: UInt64(length), to: &bytes)
    }

    static func fieldSize(_ length: Int) -> Int { 1 + varintSize(UInt64(length)) + length }

    /// The bytes of a feature whose list has this length.
    static func featureSize(_ key: StaticString, _ list: Int) -> Int {
        fieldSize(fieldSize(key.utf8CodeUnitCount) + fieldSize(fieldSize(list)))
    }

    /// A feature except for the `length` bytes of its list.
    static func appendHead(
        _ key: StaticString, list: UInt8, length: Int, to bytes: inout [UInt8]
    ) {
        let value = fieldSize(length)
        append(
            field: 1, length: fieldSize(key.utf8CodeUnitCount) + fieldSize(value), to: &bytes)
        append(field: 1, length: key.utf8CodeUnitCount, to: &bytes)
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        append(field: 2, length: value, to: &bytes)
        append(field: list, length: length, to: &bytes)
    }

    static func append(_ key: StaticString, _ text: some Collection<UInt8>, to bytes: inout [UInt8])
    {
        appendHead(key, list: 1, length: fieldSize(text.count), to: &bytes)
        append(field: 1, length: text.count, to: &bytes)
        bytes.append(contentsOf: text)
    }

    /// - Parameter count: how often `value` is in the list; 0 for an empty list.
    static func append(_ key: StaticString, _ value: Int, count: Int = 1, to bytes: inout [UInt8]) {
        let number = UInt64(bitPattern: Int64(value))
        let packed = varintSize(number) * count
        appendHead(key, list: 3, length: count == 0 ? 0 : fieldSize(packed), to: &bytes)
        if count == 0 { return }
        append(field: 1, length: packed, to: &bytes)
        for _ in 0..<count { append(varint: number, to: &bytes) }
    }

    static func append(
        _ key: StaticString, count: Int, to bytes: inout [UInt8], _ value: (Int) -> Float
    ) {
        appendHead(key, list: 2, length: count == 0 ? 0 : fieldSize(4 * count), to: &bytes)
        if count == 0 { return }
        append(field: 1, length: 4 * count, to: &bytes)
        for index in 0..<count { bytes.appendLittleEndian(value(index).bitPattern) }
    }
}
