/// A value as bencoding knows it (BEP 3), for tests that make torrents of their own. Nothing stops
/// anybody from making one that is wrong.
public indirect enum Bencode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, Sendable
{
    case bytes([UInt8])
    case integer(Int64)
    case list([Bencode])
    case dictionary([String: Bencode])
    /// Stands as it is in the output.
    case raw(String)

    public init(stringLiteral value: String) { self = .bytes(Array(value.utf8)) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(arrayLiteral elements: Bencode...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, Bencode)...) {
        self = .dictionary(Dictionary(elements) { _, last in last })
    }

    public var encoded: [UInt8] {
        switch self {
        case .bytes(let bytes): Array("\(bytes.count):".utf8) + bytes
        case .integer(let number): Array("i\(number)e".utf8)
        case .list(let values): Array("l".utf8) + values.flatMap(\.encoded) + Array("e".utf8)
        case .raw(let text): Array(text.utf8)
        case .dictionary(let values):
            Array("d".utf8)
                + values.sorted { $0.key < $1.key }.flatMap {
                    Bencode.bytes(Array($0.key.utf8)).encoded + $0.value.encoded
                } + Array("e".utf8)
        }
    }

    /// A key of a dictionary; setting nil takes it away.
    public subscript(key: String) -> Bencode? {
        get {
            if case .dictionary(let values) = self { return values[key] }
            return nil
        }
        set {
            guard case .dictionary(var values) = self else { return }
            values[key] = newValue
            self = .dictionary(values)
        }
    }
}

extension Bencode {
    /// The info dictionary of one sound file, its piece hashes being any bytes.
    public static func info(
        name: String = "a.tar", size: Int64 = 100_000, pieceLength: Int64 = 32768
    ) -> Bencode {
        let count = Int((size + pieceLength - 1) / pieceLength)
        let hashes = (0..<count * 20).map { UInt8(truncatingIfNeeded: $0) }
        return [
            "name": .bytes(Array(name.utf8)), "length": .integer(size),
            "piece length": .integer(pieceLength), "pieces": .bytes(hashes),
        ]
    }
}
