internal import Checksums
internal import Disk
internal import FoundationEssentials

/// A record as one JSON object, a key a line, for people and programs.
///
/// Its last key is a CRC-32C of the bytes before that line: half of a record, or one with a flipped
/// bit, proves nothing.
enum SealedText {
    /// What the schema of a record turned out to be.
    enum Reading {
        /// The schema that was asked for, and the seal is right.
        case whole
        /// A newer version's: its schema.
        case newer(String)
        /// Damaged, or something else altogether.
        case none
    }

    static func seal(_ lines: [String]) -> [UInt8] {
        let body = Array(("{\n  " + lines.joined(separator: ",\n  ") + ",\n").utf8)
        return body + ending(body)
    }

    /// - Parameter schema: a name, a slash and the newest version that is read.
    static func read(_ bytes: [UInt8], schema wanted: String) -> Reading {
        guard let slash = wanted.lastIndex(of: "/"),
            let newest = Int(wanted[wanted.index(after: slash)...]),
            let schema = try? JSONDecoder().decode(SchemaOnly.self, from: Data(bytes)).schema,
            schema.hasPrefix(wanted[...slash]),
            let version = Int(schema.dropFirst(wanted[...slash].count))
        else { return .none }
        if version > newest { return .newer(schema) }
        return schema == wanted && isWhole(bytes) ? .whole : .none
    }

    static func decode<Document: Decodable>(_ type: Document.Type, _ bytes: [UInt8]) -> Document? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    private struct SchemaOnly: Decodable {
        let schema: String
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let length = ending([]).count
        guard bytes.count > length else { return false }
        let body = Array(bytes.dropLast(length))
        return bytes.suffix(length).elementsEqual(ending(body))
    }

    private static func ending(_ body: [UInt8]) -> [UInt8] {
        var crc = CRC32C()
        crc.update(body)
        let hex = hexText(withUnsafeBytes(of: crc.value.bigEndian) { Array($0) })
        return Array("  \"crc32c\": \"\(hex)\"\n}\n".utf8)
    }
}

/// A file's identity as it stands in a record.
///
/// Numbers are texts: many readers of JSON round whole numbers above 2 to the power of 53.
struct IdentityText: Decodable {
    let fileSystem: String
    let inode: String
    let size: Int64
    let modified: String
    let changed: String

    static func encoded(_ identity: FileIdentity) -> String {
        "{\"fileSystem\": \"\(identity.fileSystem)\", \"inode\": \"\(identity.inode)\", "
            + "\"size\": \(identity.size), \"modified\": \(text(identity.modified)), "
            + "\"changed\": \(text(identity.changed))}"
    }

    var value: FileIdentity? {
        guard let fileSystem = UInt64(fileSystem), let inode = UInt64(inode), size >= 0,
            let modified = Self.time(modified), let changed = Self.time(changed)
        else { return nil }
        return FileIdentity(
            fileSystem: fileSystem, inode: inode, size: size, modified: modified, changed: changed)
    }

    private static func text(_ time: Timestamp) -> String {
        "\"\(time.seconds).\(time.nanoseconds)\""
    }

    private static func time(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let seconds = Int64(parts[0]), let nanoseconds = Int64(parts[1])
        else { return nil }
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }
}
