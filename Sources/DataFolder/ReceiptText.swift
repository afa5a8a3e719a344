internal import Checksums
internal import DatasetManifest
internal import Disk
internal import FoundationEssentials

/// What the bytes of a receipt turned out to be.
public enum ReceiptReading: Hashable, Sendable {
    case receipt(Receipt)
    /// One that a newer version of this program wrote: its schema. It is left alone.
    case newer(String)
    /// Damaged, or something else altogether.
    case none
}

extension Receipt {
    /// Most bytes that a receipt may have.
    public static let sizeLimit = 64 << 10

    /// The receipt as one JSON object, a key a line, for people and programs.
    ///
    /// Its last key is a CRC-32C of the bytes before that line: half of one, or one with a flipped
    /// bit, proves nothing.
    public var encoded: [UInt8] {
        var lines = [
            "\"schema\": \(Self.quoted(Self.schema))",
            "\"file\": \(Self.quoted(fileName))",
            "\"proof\": \(Self.quoted(proof.rawValue))",
            "\"when\": \(Self.quoted(when.description))",
        ]
        for digest in digests {
            lines.append("\"\(digest.algorithm.rawValue)\": \(Self.quoted(digest.hex))")
        }
        if let torrent { lines.append("\"torrent\": \(Self.quoted(torrent.hex))") }
        let bytes = sources.sorted { $0.key < $1.key }
            .map { "\(Self.quoted($0.key)): \($0.value)" }
        lines.append("\"bytesFrom\": {\(bytes.joined(separator: ", "))}")
        // As text: many readers of JSON round whole numbers above 2 to the power of 53.
        lines.append(
            "\"identity\": {\"fileSystem\": \"\(identity.fileSystem)\", "
                + "\"inode\": \"\(identity.inode)\", \"size\": \(identity.size), "
                + "\"modified\": \(Self.text(identity.modified)), "
                + "\"changed\": \(Self.text(identity.changed))}")
        let body = Array(("{\n  " + lines.joined(separator: ",\n  ") + ",\n").utf8)
        return body + Self.ending(body)
    }

    /// Reads what `encoded` wrote. Nothing that stands in the bytes makes it fail otherwise.
    public static func read(_ bytes: [UInt8]) -> ReceiptReading {
        guard bytes.count <= sizeLimit else { return .none }
        guard
            let schema = try? JSONDecoder().decode(SchemaOnly.self, from: Data(bytes)).schema,
            schema.hasPrefix(schemaName), let version = Int(schema.dropFirst(schemaName.count))
        else { return .none }
        if version > schemaVersion { return .newer(schema) }
        guard schema == Self.schema, isWhole(bytes),
            let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            let receipt = document.receipt
        else { return .none }
        return .receipt(receipt)
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

    private static func text(_ time: Timestamp) -> String {
        "\"\(time.seconds).\(time.nanoseconds)\""
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where isHarmful(scalar):
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

private struct SchemaOnly: Decodable {
    let schema: String
}

private struct Document: Decodable {
    struct Identity: Decodable {
        let fileSystem: String
        let inode: String
        let size: Int64
        let modified: String
        let changed: String

        var value: FileIdentity? {
            guard let fileSystem = UInt64(fileSystem), let inode = UInt64(inode), size >= 0,
                let modified = Self.time(modified), let changed = Self.time(changed)
            else { return nil }
            return FileIdentity(
                fileSystem: fileSystem, inode: inode, size: size, modified: modified,
                changed: changed)
        }

        private static func time(_ text: String) -> Timestamp? {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let seconds = Int64(parts[0]),
                let nanoseconds = Int64(parts[1])
            else { return nil }
            return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        }
    }

    let file: String
    let proof: String
    let when: String
    let md5: String?
    let sha1: String?
    let sha256: String?
    let xxh64: String?
    let torrent: String?
    let bytesFrom: [String: Int64]
    let identity: Identity

    var receipt: Receipt? {
        guard let proof = Receipt.Proof(rawValue: proof), let when = UTCTime(when),
            let identity = identity.value
        else { return nil }
        var digests: [Digest] = []
        let texts: [(DigestAlgorithm, String?)] = [
            (.md5, md5), (.sha1, sha1), (.sha256, sha256), (.xxh64, xxh64),
        ]
        for (algorithm, hex) in texts {
            guard let hex else { continue }
            guard let digest = Digest(algorithm, hex: hex) else { return nil }
            digests.append(digest)
        }
        var pin: InfoHash?
        if let torrent {
            pin = InfoHash(hex: torrent)
            if pin == nil { return nil }
        }
        return Receipt(
            fileName: file, digests: digests, torrent: pin, identity: identity, when: when,
            proof: proof, sources: bytesFrom)
    }
}
