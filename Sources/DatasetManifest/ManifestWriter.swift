internal import Checksums
internal import Disk

extension Manifest {
    /// The manifest as JSON, the same bytes every time; reading them gives an equal manifest.
    public func json() -> [UInt8] {
        var fields = [("schema", quotedForJSON(Self.schema)), ("name", quotedForJSON(name))]
        fields += Self.texts([("title", title), ("homepage", homepage), ("terms", terms)])
        if let classes { fields.append(("classes", "\(classes)")) }
        if let labels {
            let pins = Self.texts([
                ("valWNIDs", labels.valWNIDs?.hex), ("wnids", labels.wnids?.hex),
            ])
            fields.append(("labels", Self.object(pins, indent: 2)))
        }
        if !subsets.isEmpty {
            let objects = subsets.map { ($0.name, Self.object(Self.fields(of: $0), indent: 4)) }
            fields.append(("subsets", Self.object(objects, indent: 2)))
        }
        let objects = files.map { Self.object(Self.fields(of: $0), indent: 4) }
        let list = objects.map { "\n    " + $0 }.joined(separator: ",")
        fields.append(("files", files.isEmpty ? "[]" : "[\(list)\n  ]"))
        return Array((Self.object(fields, indent: 0) + "\n").utf8)
    }

    private static func fields(of file: ManifestFile) -> [(String, String)] {
        var fields = [("name", quotedForJSON(file.name))]
        fields += texts([("title", file.title), ("part", file.part)])
        if file.role != .other { fields.append(("role", quotedForJSON(file.role.rawValue))) }
        if file.isDefault { fields.append(("default", "true")) }
        fields += numbers([("size", file.size), ("sizeAbout", file.sizeAbout)])
        fields += file.digests.map { ($0.algorithm.rawValue, quotedForJSON($0.hex)) }
        fields += texts([("torrent", file.torrent?.hex)])
        if let pieces = file.pieces {
            let facts = numbers([("pieceLength", Int64(pieces.length))])
            fields.append(("pieces", object(facts + texts([("sha1", pieces.sha1)]), indent: 6)))
        }
        if !file.mirrors.isEmpty {
            let list = file.mirrors.map { quotedForJSON($0) }.joined(separator: ", ")
            fields.append(("mirrors", "[\(list)]"))
        }
        fields += texts([("account", file.account?.rawValue)])
        fields += numbers([("images", file.images)])
        if let index = file.classIndex {
            let places = index.entries.map {
                "\n        {\"wnid\": \"\($0.wnid)\", \"offset\": \($0.offset), \"size\": \($0.size)}"
            }
            let list = places.joined(separator: ",")
            fields.append(("classIndex", places.isEmpty ? "[]" : "[\(list)\n      ]"))
        }
        switch file.source {
        case .mirrors: break
        case .manual(let how): fields += texts([("source", "manual"), ("how", how)])
        case .superseded(let by): fields += texts([("source", "superseded"), ("by", by)])
        }
        return fields
    }

    private static func fields(of subset: Subset) -> [(String, String)] {
        let lines = stride(from: 0, to: subset.wnids.count, by: 8).map { start in
            subset.wnids[start..<min(start + 8, subset.wnids.count)]
                .map { "\"\($0)\"" }.joined(separator: ", ")
        }
        let list = lines.map { "\n        " + $0 }.joined(separator: ",")
        return texts([("title", subset.title), ("origin", subset.origin), ("note", subset.note)])
            + [("wnids", "[\(list)\n      ]")]
    }

    private static func texts(_ fields: [(String, String?)]) -> [(String, String)] {
        fields.compactMap { key, value in value.map { (key, quotedForJSON($0)) } }
    }

    private static func numbers(_ fields: [(String, Int64?)]) -> [(String, String)] {
        fields.compactMap { key, value in value.map { (key, "\($0)") } }
    }

    private static func object(_ fields: [(String, String)], indent: Int) -> String {
        let blanks = String(repeating: " ", count: indent)
        let lines = fields.map { "\(blanks)  \(quotedForJSON($0.0)): \($0.1)" }
        return "{\n" + lines.joined(separator: ",\n") + "\n\(blanks)}"
    }
}
