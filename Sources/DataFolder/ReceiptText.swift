internal import Checksums
internal import DatasetManifest
internal import Disk

extension Receipt {
    public static let sizeLimit = 64 << 10

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

    /// Reads what `encoded` wrote.
    public static func read(_ bytes: [UInt8]) -> SealedReading<Receipt> {
        guard bytes.count <= sizeLimit else { return .none }
        return SealedText.read(bytes, schema: schema) { (document: Document) in document.receipt }
    }
}

private struct Document: Decodable {
    let file: String
    let proof: String
    let when: String
    let torrent: String?
    let bytesFrom: [String: Int64]
    let identity: IdentityText
    let digests: DigestTexts

    private enum Key: CodingKey { case file, proof, when, torrent, bytesFrom, identity }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        file = try values.decode(String.self, forKey: .file)
        proof = try values.decode(String.self, forKey: .proof)
        when = try values.decode(String.self, forKey: .when)
        torrent = try values.decodeIfPresent(String.self, forKey: .torrent)
        bytesFrom = try values.decode([String: Int64].self, forKey: .bytesFrom)
        identity = try values.decode(IdentityText.self, forKey: .identity)
        digests = try DigestTexts(from: decoder)
    }

    var receipt: Receipt? {
        let pin = torrent.flatMap { InfoHash(hex: $0) }
        guard let proof = Receipt.Proof(rawValue: proof), let when = UTCTime(when),
            let identity = identity.value, let digests = digests.values,
            pin != nil || torrent == nil
        else { return nil }
        return Receipt(
            fileName: file, digests: digests, torrent: pin, identity: identity, when: when,
            proof: proof, sources: bytesFrom)
    }
}
