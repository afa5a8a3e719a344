internal import Checksums
internal import DatasetManifest
public import Disk

extension OutputReceipt {
    /// Most bytes that a receipt may have: room for more than a million files.
    public static let sizeLimit = 256 << 20

    /// Where the receipt of an output lies: beside its folder, never in it.
    public static func fileName(_ name: String) -> Path {
        Path(name).appendingSuffix(".receipt.json")
    }

    /// Writes the receipt into the folder that holds the output's; whole, and on the disk when this
    /// returns.
    public func save(in folder: borrowing Folder) throws(DiskError) {
        try folder.publish(Self.fileName(name), encoded)
    }

    /// What there is for the output of this name.
    public static func load(
        _ name: String, in folder: borrowing Folder
    ) throws(DiskError) -> SealedReading<OutputReceipt> {
        let bytes = try folder.contents(ifPresent: fileName(name), limit: sizeLimit)
        let reading = bytes.map(read) ?? .none
        // A receipt that was copied to another name is about another output.
        if case .receipt(let receipt) = reading, receipt.name != name { return .none }
        return reading
    }

    public var encoded: [UInt8] {
        var lines = [
            "\"schema\": \(quotedForJSON(Self.schema))",
            "\"kind\": \(quotedForJSON(kind))",
            "\"name\": \(quotedForJSON(name))",
            "\"when\": \(quotedForJSON(when.description))",
            "\"options\": {\(Self.pairs(options.mapValues(quotedForJSON)))}",
            "\"counts\": {\(Self.pairs(counts.mapValues { "\($0)" }))}",
            "\"inputs\": [\(inputs.map(Self.text).joined(separator: ", "))]",
        ]
        if let treeDigest { lines.append("\"tree\": {\(Self.pair(treeDigest))}") }
        if !folders.isEmpty {
            let texts = folders.map { quotedForJSON(Self.text($0)) }
            lines.append("\"folders\": [\(texts.joined(separator: ",\n    "))]")
        }
        let entries = files.map { file in
            "{\"name\": \(quotedForJSON(file.name)), \"size\": \(file.size), "
                + "\(Self.pair(file.digest))}"
        }
        lines.append("\"files\": [\(entries.joined(separator: ",\n    "))]")
        return SealedText.seal(lines)
    }

    /// Reads what `encoded` wrote.
    public static func read(_ bytes: [UInt8]) -> SealedReading<OutputReceipt> {
        guard bytes.count <= sizeLimit else { return .none }
        return SealedText.read(bytes, schema: schema) { (document: Document) in document.receipt }
    }

    private static func pairs(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { "\(quotedForJSON($0.key)): \($0.value)" }
            .joined(separator: ", ")
    }

    private static func pair(_ digest: Digest) -> String {
        "\"\(digest.algorithm.rawValue)\": \"\(digest.hex)\""
    }

    /// `FILES INODE SECONDS NANOSECONDS PATH`, one string a folder: a tree has a thousand of them.
    private static func text(_ folder: TreeFolder) -> String {
        let files = folder.files.map { "\($0)" } ?? "-"
        let time = "\(folder.modified.seconds) \(folder.modified.nanoseconds)"
        return "\(files) \(folder.inode) \(time) \(folder.path)"
    }

    fileprivate static func folder(_ text: String) -> TreeFolder? {
        let words = text.split(
            separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 5, let inode = UInt64(words[1]), let seconds = Int64(words[2]),
            let nanoseconds = Int64(words[3]), words[0] == "-" || Int(words[0]) != nil
        else { return nil }
        return TreeFolder(
            path: String(words[4]), files: Int(words[0]), inode: inode,
            modified: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    private static func text(_ input: Input) -> String {
        var parts = ["\"name\": \(quotedForJSON(input.name))", "\"size\": \(input.size)"]
        parts += input.digests.map(pair)
        if let torrent = input.torrent { parts.append("\"torrent\": \"\(torrent.hex)\"") }
        if input.isRetired { parts.append("\"retired\": true") }
        if let identity = input.identity {
            parts.append("\"identity\": \(IdentityText.encoded(identity))")
        }
        return "{\(parts.joined(separator: ", "))}"
    }
}

private struct Document: Decodable {
    struct Named: Decodable {
        let name: String
        let size: Int64
        let torrent: String?
        let retired: Bool?
        let identity: IdentityText?
        let digests: DigestTexts

        private enum Key: CodingKey { case name, size, torrent, retired, identity }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            name = try values.decode(String.self, forKey: .name)
            size = try values.decode(Int64.self, forKey: .size)
            torrent = try values.decodeIfPresent(String.self, forKey: .torrent)
            retired = try values.decodeIfPresent(Bool.self, forKey: .retired)
            identity = try values.decodeIfPresent(IdentityText.self, forKey: .identity)
            digests = try DigestTexts(from: decoder)
        }
    }

    let kind: String
    let name: String
    let when: String
    let options: [String: String]
    let counts: [String: Int64]
    let inputs: [Named]
    let tree: DigestTexts?
    let folders: [String]?
    let files: [Named]

    var receipt: OutputReceipt? {
        guard let when = UTCTime(when) else { return nil }
        var inputs: [OutputReceipt.Input] = []
        for input in self.inputs {
            guard let digests = input.digests.values, input.size >= 0 else { return nil }
            if input.identity != nil && input.identity?.value == nil { return nil }
            let torrent = input.torrent.flatMap { InfoHash(hex: $0) }
            if input.torrent != nil && torrent == nil { return nil }
            inputs.append(
                OutputReceipt.Input(
                    name: input.name, size: input.size, identity: input.identity?.value,
                    digests: digests, torrent: torrent, isRetired: input.retired ?? false))
        }
        var files: [OutputReceipt.File] = []
        for file in self.files {
            guard let digest = file.digests.values?.first, file.size >= 0 else { return nil }
            files.append(OutputReceipt.File(name: file.name, size: file.size, digest: digest))
        }
        if tree != nil && tree?.values?.first == nil { return nil }
        var receipt = OutputReceipt(
            kind: kind, name: name, options: options, inputs: inputs, counts: counts, files: files,
            treeDigest: tree?.values?.first, when: when)
        for text in folders ?? [] {
            guard let folder = OutputReceipt.folder(text) else { return nil }
            receipt.folders.append(folder)
        }
        return receipt
    }
}
