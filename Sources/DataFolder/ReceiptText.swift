internal import Checksums
internal import DatasetManifest
internal import Disk

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

    /// The receipt as sealed text.
    public var encoded: [UInt8] {
        var lines = [
            "\"schema\": \(quotedForJSON(Self.schema))",
            "\"file\": \(quotedForJSON(fileName))",
            "\"proof\": \(quotedForJSON(proof.rawValue))",
            "\"when\": \(quotedForJSON(when.description))",
        ]
        for digest in digests {
            lines.append("\"\(digest.algorithm.rawValue)\": \(quotedForJSON(digest.hex))")
        }
        if let torrent { lines.append("\"torrent\": \(quotedForJSON(torrent.hex))") }
        let bytes = sources.sorted { $0.key < $1.key }
            .map { "\(quotedForJSON($0.key)): \($0.value)" }
        lines.append("\"bytesFrom\": {\(bytes.joined(separator: ", "))}")
        lines.append("\"identity\": \(IdentityText.encoded(identity))")
        return SealedText.seal(lines)
    }

    /// Reads what `encoded` wrote. Nothing that stands in the bytes makes it fail otherwise.
    public static func read(_ bytes: [UInt8]) -> ReceiptReading {
        guard bytes.count <= sizeLimit else { return .none }
        switch SealedText.read(bytes, schema: schema) {
        case .newer(let schema): return .newer(schema)
        case .none: return .none
        case .whole:
            let receipt = SealedText.decode(Document.self, bytes)?.receipt
            return receipt.map { .receipt($0) } ?? .none
        }
    }
}

private struct Document: Decodable {
    let file: String
    let proof: String
    let when: String
    let md5: String?
    let sha1: String?
    let sha256: String?
    let xxh64: String?
    let torrent: String?
    let bytesFrom: [String: Int64]
    let identity: IdentityText

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
