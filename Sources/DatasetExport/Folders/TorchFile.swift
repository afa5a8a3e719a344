internal import CZlib

/// A Python value as `torch.save` writes it, for the few types in labels: a zip of stored members,
/// of which `data.pkl` is a pickle (protocol 2).
///
/// The pickle has no globals, so `torch.load(…, weights_only=True)` accepts it.
struct TorchFile {
    indirect enum Value {
        case string(String)
        case tuple([Value])
        case list([Value])
        case dictionary([(key: Value, value: Value)])
    }

    private(set) var bytes: [UInt8] = []
    private var members: [(name: [UInt8], crc: UInt32, size: Int, offset: Int)] = []

    static func encode(_ value: Value) -> [UInt8] {
        var file = TorchFile()
        var pickle: [UInt8] = [0x80, 2]
        append(value, to: &pickle)
        pickle.append(UInt8(ascii: "."))
        file.add("archive/data.pkl", pickle)
        file.add("archive/byteorder", Array("little".utf8))
        // The lowest version that torch's reader accepts.
        file.add("archive/version", Array("3\n".utf8))
        file.finish()
        return file.bytes
    }

    // MARK: Pickle

    private static func append(_ value: Value, to pickle: inout [UInt8]) {
        switch value {
        case .string(let text):
            // BINUNICODE
            pickle.append(UInt8(ascii: "X"))
            pickle.appendLittleEndian(UInt32(clamping: text.utf8.count))
            pickle += text.utf8
        case .tuple(let values):
            // MARK … TUPLE
            pickle.append(UInt8(ascii: "("))
            for value in values { append(value, to: &pickle) }
            pickle.append(UInt8(ascii: "t"))
        case .list(let values):
            // EMPTY_LIST MARK … APPENDS
            pickle += "](".utf8
            for value in values { append(value, to: &pickle) }
            pickle.append(UInt8(ascii: "e"))
        case .dictionary(let items):
            // EMPTY_DICT MARK … SETITEMS
            pickle += "}(".utf8
            for item in items {
                append(item.key, to: &pickle)
                append(item.value, to: &pickle)
            }
            pickle.append(UInt8(ascii: "u"))
        }
    }

    // MARK: Zip (APPNOTE.TXT 4.3), members stored as they are

    private mutating func add(_ name: String, _ contents: [UInt8]) {
        let crc = UInt32(truncatingIfNeeded: crc32(0, contents, uInt(contents.count)))
        let member = (name: Array(name.utf8), crc: crc, size: contents.count, offset: bytes.count)
        members.append(member)
        bytes += [0x50, 0x4B, 3, 4]
        Self.appendFields(of: member.name, crc, contents.count, to: &bytes)
        bytes += member.name + contents
    }

    private mutating func finish() {
        let start = bytes.count
        for member in members {
            bytes += [0x50, 0x4B, 1, 2, 20, 0]
            Self.appendFields(of: member.name, member.crc, member.size, to: &bytes)
            // No comment, the first disk, no attributes.
            bytes += [UInt8](repeating: 0, count: 10)
            bytes.appendLittleEndian(UInt32(clamping: member.offset))
            bytes += member.name
        }
        let length = bytes.count - start
        bytes += [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
        bytes.appendLittleEndian(UInt16(clamping: members.count))
        bytes.appendLittleEndian(UInt16(clamping: members.count))
        bytes.appendLittleEndian(UInt32(clamping: length))
        bytes.appendLittleEndian(UInt32(clamping: start))
        bytes.appendLittleEndian(UInt16(0))
    }

    /// The fields that a member's header and its directory entry share: version, flags, method,
    /// time, date, CRC, both sizes, the lengths of name and extra field.
    private static func appendFields(
        of name: [UInt8], _ crc: UInt32, _ size: Int, to bytes: inout [UInt8]
    ) {
        bytes.appendLittleEndian(UInt16(20))
        bytes += [0, 0, 0, 0, 0, 0]
        // A zip's first day: 1980-01-01.
        bytes.appendLittleEndian(UInt16(0x21))
        bytes.appendLittleEndian(crc)
        bytes.appendLittleEndian(UInt32(clamping: size))
        bytes.appendLittleEndian(UInt32(clamping: size))
        bytes.appendLittleEndian(UInt16(clamping: name.count))
        bytes.appendLittleEndian(UInt16(0))
    }
}
