internal import Checksums
internal import Disk
internal import FoundationEssentials

extension Manifest {
    /// Reads a manifest from JSON.
    ///
    /// - Parameter source: the name of the file, for messages.
    /// - Throws: `.syntax` with line and column, `.invalid` with the JSON path of the fault,
    ///   `.newerVersion` or `.tooLarge`.
    public init(json bytes: [UInt8], source: String) throws(ManifestError) {
        let text = Array(bytes.withoutByteOrderMark)
        try JSONSyntax.check(text, source: source)
        do {
            self = try JSONDecoder().decode(Document.self, from: Data(text)).manifest
        } catch let fault as Fault {
            throw .invalid(source, at: fault.place, fault.reason)
        } catch let newer as NewerSchema {
            throw .newerVersion(source, schema: newer.schema)
        } catch {
            throw .invalid(source, at: "$", "an object is expected")
        }
    }
}

private struct NewerSchema: Error {
    let schema: String
}

private struct Field: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// One object of the document, read key by key; what is wrong becomes a `Fault` with its path.
private struct Object {
    private let container: KeyedDecodingContainer<Field>

    init(_ decoder: any Decoder) throws {
        do {
            container = try decoder.container(keyedBy: Field.self)
        } catch {
            throw Fault(place: Self.path(decoder.codingPath), reason: "an object is expected")
        }
    }

    func path(_ key: String) -> String { Self.path(container.codingPath) + "." + escaped(key) }

    func text(_ key: String) throws -> String? { try value(key, "text is expected") }

    func flag(_ key: String) throws -> Bool? { try value(key, "true or false is expected") }

    func number(_ key: String) throws -> Int64? {
        try value(key, "a whole number below 2 to the power of 63 is expected")
    }

    func required(_ key: String) throws -> String { try required(key, text) }

    func required<Value>(_ key: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(key) else { throw Fault(place: path(key), reason: "missing") }
        return value
    }

    /// The keys, in the same order every time.
    var keys: [String] { container.allKeys.map(\.stringValue).sorted() }

    static func wnid(_ text: String, at place: String) throws -> WNID {
        guard let wnid = WNID(text) else {
            throw Fault(
                place: place, reason: "a WNID such as n01440764 is expected, an n and eight digits")
        }
        return wnid
    }

    func digest(_ algorithm: DigestAlgorithm, _ key: String) throws -> Digest? {
        guard let hex = try text(key) else { return nil }
        guard let digest = Digest(algorithm, hex: hex) else {
            throw badHex(key, hex, byteCount: algorithm.length)
        }
        return digest
    }

    func badHex(_ key: String, _ text: String, byteCount: Int) -> Fault {
        let reason = "\(byteCount * 2) hexadecimal digits are expected"
        let count = text.utf8.count
        return Fault(
            place: path(key), reason: count == byteCount * 2 ? reason : reason + ", not \(count)")
    }

    /// The elements of a list, each made by `element`; nil without such a key.
    func list<Element>(
        _ key: String, limit: Int, _ element: (inout any UnkeyedDecodingContainer) throws -> Element
    ) throws -> [Element]? {
        guard has(key) else { return nil }
        var list: any UnkeyedDecodingContainer
        do {
            list = try container.nestedUnkeyedContainer(forKey: Field(key))
        } catch {
            throw Fault(place: path(key), reason: "a list is expected")
        }
        if let count = list.count, count > limit {
            throw Fault(place: path(key), reason: "more than \(limit) elements")
        }
        var elements: [Element] = []
        while !list.isAtEnd {
            let index = list.currentIndex
            do {
                elements.append(try element(&list))
            } catch let fault as Fault {
                throw fault
            } catch {
                throw Fault(place: "\(path(key))[\(index)]", reason: "text is expected")
            }
        }
        return elements
    }

    func object<Value: Decodable>(_ key: String) throws -> Value? {
        try value(key, "an object is expected")
    }

    /// `null` means the same as no key: unknown.
    private func has(_ key: String) -> Bool {
        container.contains(Field(key)) && (try? container.decodeNil(forKey: Field(key))) == false
    }

    private func value<Value: Decodable>(_ key: String, _ expectation: String) throws -> Value? {
        guard has(key) else { return nil }
        do {
            return try container.decode(Value.self, forKey: Field(key))
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(place: path(key), reason: expectation)
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce("$") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return "\(path).\(escaped(key.stringValue))"
        }
    }
}

private struct Document: Decodable {
    let manifest: Manifest

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        try Self.checkSchema(object)
        let files = try object.list("files", limit: ManifestRules.fileCountLimit) { list in
            try list.decode(FileDocument.self).file
        }
        guard let files else { throw Fault(place: "$.files", reason: "missing") }
        let labels: LabelsDocument? = try object.object("labels")
        let subsets: SubsetsDocument? = try object.object("subsets")
        manifest = try Manifest(
            checking: object.required("name"), title: object.text("title"),
            homepage: object.text("homepage"), terms: object.text("terms"),
            classes: object.number("classes"), labels: labels?.pins,
            subsets: subsets?.subsets ?? [], files: files)
    }

    private static func checkSchema(_ object: Object) throws {
        let schema = try object.required("schema")
        if schema == Manifest.schema { return }
        if schema.hasPrefix(Manifest.schemaName),
            let version = Int(schema.dropFirst(Manifest.schemaName.count)),
            version > Manifest.schemaVersion
        {
            throw NewerSchema(schema: schema)
        }
        throw Fault(
            place: "$.schema",
            reason: "\"\(Manifest.schema)\" is expected, not \"\(escaped(schema.prefix(80).utf8))\""
        )
    }
}

private struct LabelsDocument: Decodable {
    let pins: Manifest.LabelPins

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        pins = try Manifest.LabelPins(
            valWNIDs: object.digest(.sha256, "valWNIDs"), wnids: object.digest(.sha256, "wnids"))
    }
}

private struct SubsetsDocument: Decodable {
    let subsets: [Manifest.Subset]

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        if object.keys.count > ManifestRules.subsetCountLimit {
            throw Fault(
                place: "$.subsets", reason: "more than \(ManifestRules.subsetCountLimit) subsets")
        }
        subsets = try object.keys.map { name in
            guard let subset: SubsetDocument = try object.object(name) else {
                throw Fault(place: object.path(name), reason: "an object is expected")
            }
            return Manifest.Subset(
                name: name, title: subset.title, origin: subset.origin, note: subset.note,
                wnids: subset.wnids)
        }
    }
}

private struct SubsetDocument: Decodable {
    let title: String?
    let origin: String?
    let note: String?
    let wnids: [WNID]

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        title = try object.text("title")
        origin = try object.text("origin")
        note = try object.text("note")
        let wnids = try object.list("wnids", limit: ClassLabels.mostClasses) { list in
            let place = "\(object.path("wnids"))[\(list.currentIndex)]"
            return try Object.wnid(list.decode(String.self), at: place)
        }
        guard let wnids else { throw Fault(place: object.path("wnids"), reason: "missing") }
        self.wnids = wnids
    }
}

private struct PiecesDocument: Decodable {
    let pieces: ManifestFile.Pieces

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        let length = try object.required("pieceLength", object.number)
        guard let length = Int(exactly: length) else {
            throw Fault(place: object.path("pieceLength"), reason: "too large")
        }
        pieces = ManifestFile.Pieces(length: length, sha1: try object.required("sha1"))
    }
}

private struct ClassPlaceDocument: Decodable {
    let entry: ClassIndex.Entry

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        let wnid = try Object.wnid(object.required("wnid"), at: object.path("wnid"))
        entry = try ClassIndex.Entry(
            wnid: wnid, offset: object.required("offset", object.number),
            size: object.required("size", object.number))
    }
}

private struct FileDocument: Decodable {
    private(set) var file: ManifestFile

    init(from decoder: any Decoder) throws {
        let object = try Object(decoder)
        file = try ManifestFile(name: object.required("name"), part: object.required("part"))
        file.title = try object.text("title")
        file.role = try object.text("role").flatMap(ManifestFile.Role.init) ?? .other
        file.isDefault = try object.flag("default") ?? false
        file.size = try object.number("size")
        file.sizeAbout = try object.number("sizeAbout")
        file.images = try object.number("images")
        for algorithm in DigestAlgorithm.allCases {
            if let digest = try object.digest(algorithm, algorithm.rawValue) {
                file.digests.append(digest)
            }
        }
        if let hex = try object.text("torrent") {
            guard let hash = InfoHash(hex: hex) else {
                throw object.badHex("torrent", hex, byteCount: InfoHash.length)
            }
            file.torrent = hash
        }
        let mirrors = try object.list("mirrors", limit: ManifestRules.mirrorCountLimit) { list in
            try list.decode(String.self)
        }
        file.mirrors = mirrors ?? []
        file.pieces = try (object.object("pieces") as PiecesDocument?)?.pieces
        let index = try object.list("classIndex", limit: ClassLabels.mostClasses) { list in
            try list.decode(ClassPlaceDocument.self).entry
        }
        if let index {
            do throws(ClassIndex.Invalid) {
                file.classIndex = try ClassIndex(index, archiveSize: file.size)
            } catch {
                throw Fault(place: object.path("classIndex"), reason: error.reason)
            }
        }
        if let account = try object.text("account") {
            file.account = ManifestFile.Account(rawValue: account)
            if file.account == nil {
                throw Fault(
                    place: object.path("account"),
                    reason: "\"none\", \"maybe\" or \"required\" is expected")
            }
        }
        file.source = try Self.source(object)
    }

    private static func source(_ object: Object) throws -> ManifestFile.Source {
        switch try object.text("source") {
        case nil: return .mirrors
        case "manual": return .manual(how: try object.text("how"))
        case "superseded": return .superseded(by: try object.text("by"))
        default:
            throw Fault(
                place: object.path("source"), reason: "\"manual\" or \"superseded\" is expected")
        }
    }
}
