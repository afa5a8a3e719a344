internal import Checksums
internal import Disk
internal import FoundationEssentials

/// The result of reading a record.
public enum SealedReading<Record: Hashable & Sendable>: Hashable, Sendable {
    case receipt(Record)
    /// A newer version of this program wrote it, with this schema. It is left alone.
    case newer(String)
    /// Missing, damaged, or something else altogether.
    case none

    package var record: Record? {
        if case .receipt(let record) = self { record } else { nil }
    }
}

/// A record as one JSON object, a key a line, for people and programs.
///
/// Its last key is a CRC-32C of the bytes before that line: a damaged record
/// proves nothing.
enum SealedText {
    static func seal(_ lines: [String]) -> [UInt8] {
        let body = Array(("{\n  " + lines.joined(separator: ",\n  ") + ",\n").utf8)
        return body + ending(body[...])
    }

    /// - Parameter schema: a name, a slash and the newest version that is read.
    static func read<Document: Decodable, Record>(
        _ bytes: [UInt8], schema wanted: String, _ record: (Document) -> Record?
    ) -> SealedReading<Record> {
        guard let slash = wanted.lastIndex(of: "/"),
            let newest = Int(wanted[wanted.index(after: slash)...]),
            let schema = decode(SchemaOnly.self, bytes)?.schema,
            schema.hasPrefix(wanted[...slash]),
            let version = Int(schema.dropFirst(wanted[...slash].count))
        else { return .none }
        if version > newest { return .newer(schema) }
        guard schema == wanted, isWhole(bytes) else { return .none }
        return decode(Document.self, bytes).flatMap(record).map { .receipt($0) } ?? .none
    }

    private static func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8]
    ) -> Document? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    private struct SchemaOnly: Decodable {
        let schema: String
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let body = bytes.dropLast(ending([]).count)
        return !body.isEmpty && bytes[body.endIndex...].elementsEqual(ending(body))
    }

    private static func ending(_ body: ArraySlice<UInt8>) -> [UInt8] {
        let crc = withUnsafeBytes(of: CRC32C.value(of: body).bigEndian) { Array($0) }
        return Array("  \"crc32c\": \"\(hexText(crc))\"\n}\n".utf8)
    }
}

/// The digests among the keys of an object.
struct DigestTexts: Decodable {
    /// Nil if one of them is not a digest.
    let values: [Digest]?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let texts = try decoder.container(keyedBy: Key.self)
        var found: [Digest?] = []
        for algorithm in DigestAlgorithm.allCases {
            let key = Key(stringValue: algorithm.rawValue)
            if let text = try texts.decodeIfPresent(String.self, forKey: key) {
                found.append(Digest(algorithm, hex: text))
            }
        }
        let digests = found.compactMap { $0 }
        values = digests.count == found.count ? digests : nil
    }
}

/// A file's identity in a record.
///
/// Large numbers are strings: many JSON readers round whole numbers above 2^53.
struct IdentityText: Decodable {
    let fileSystem: String
    let inode: String
    let size: Int64
    let modified: String
    let changed: String

    static func encoded(_ identity: FileIdentity) -> String {
        "{\"fileSystem\": \"\(identity.fileSystem)\", \"inode\": \"\(identity.inode)\", "
            + "\"size\": \(identity.size), \"modified\": \"\(identity.modified)\", "
            + "\"changed\": \"\(identity.changed)\"}"
    }

    var value: FileIdentity? {
        guard let fileSystem = UInt64(fileSystem), let inode = UInt64(inode), size >= 0,
            let modified = Timestamp(modified), let changed = Timestamp(changed)
        else { return nil }
        return FileIdentity(
            fileSystem: fileSystem, inode: inode, size: size, modified: modified, changed: changed)
    }
}
