internal import Disk
internal import FoundationEssentials

/// A class index as JSON, which mirrors publish and the state folder keeps: `NAME.classes.json`.
///
///     {"schema": "imagenet-fetch.classes/1", "file": "ILSVRC2012_img_train.tar", "bytes": N,
///      "classes": [{"wnid": "n01440764", "offset": N, "size": N}, …]}
///
/// A bare list of classes, as a manifest has it, is read too.
public struct ClassIndexFile: Sendable, Hashable {
    public static let schema = "imagenet-fetch.classes/1"
    static let suffix = ".classes.json"
    public static let longestFile = 16 << 20

    /// The archive; nil in a bare list.
    public let fileName: String?
    /// The bytes of the archive; nil in a bare list.
    public let size: Int64?
    public let index: ClassIndex

    public init(_ index: ClassIndex, of fileName: String, size: Int64) {
        self.fileName = fileName
        self.size = size
        self.index = index
    }

    /// The name of such a file for an archive.
    public static func name(for archive: String) -> String { archive + suffix }

    /// - Parameter source: the name of the file, for messages.
    /// - Throws: `ManifestError` `.syntax`, `.invalid`, `.newerVersion` or `.tooLarge`.
    public init(json bytes: [UInt8], source: String) throws(ManifestError) {
        let text = Array(bytes.withoutByteOrderMark)
        try JSONSyntax.check(text, source: source)
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(text))
        } catch let error as DecodingError {
            throw .invalid(source, at: Self.place(error), "a class index is expected there")
        } catch {
            throw .invalid(source, at: "$", "a class index is expected")
        }
        if let schema = document.schema, schema != Self.schema {
            throw .invalid(
                source, at: "$.schema",
                "\"\(Self.schema)\" is expected, not \"\(escaped(schema.prefix(80).utf8))\"")
        }
        if document.classes.count > ClassLabels.mostClasses {
            throw .tooLarge(
                source,
                "it has \(document.classes.count) classes, more than \(ClassLabels.mostClasses)")
        }
        var entries: [ClassIndex.Entry] = []
        for (number, item) in document.classes.enumerated() {
            guard let wnid = WNID(item.wnid) else {
                throw .invalid(
                    source, at: "\(document.list)[\(number)].wnid",
                    "a WNID is expected, such as n01440764")
            }
            entries.append(ClassIndex.Entry(wnid: wnid, offset: item.offset, size: item.size))
        }
        do throws(ClassIndex.Invalid) {
            index = try ClassIndex(entries, archiveSize: document.bytes)
        } catch {
            throw .invalid(source, at: document.list, error.reason)
        }
        fileName = document.file
        size = document.bytes
    }

    /// As JSON, a class a line; reading it gives an equal value.
    public var encoded: [UInt8] {
        let classes = index.entries.map {
            "{\"wnid\": \"\($0.wnid)\", \"offset\": \($0.offset), \"size\": \($0.size)}"
        }
        var lines: [String] = []
        if let fileName, let size {
            lines = [
                "\"schema\": \(quotedForJSON(Self.schema))", "\"file\": \(quotedForJSON(fileName))",
                "\"bytes\": \(size)",
            ]
        }
        let list = "[\n    \(classes.joined(separator: ",\n    "))\n  ]"
        if lines.isEmpty { return Array((list + "\n").utf8) }
        lines.append("\"classes\": \(list)")
        return Array(("{\n  " + lines.joined(separator: ",\n  ") + "\n}\n").utf8)
    }

    private static func place(_ error: DecodingError) -> String {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context),
                .keyNotFound(_, let context), .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "")
            }
        return context.codingPath.reduce("$") { path, key in
            key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
        }
    }
}

private struct Document: Decodable {
    struct Item: Decodable {
        let wnid: String
        let offset: Int64
        let size: Int64
    }

    private enum Key: CodingKey { case schema, file, bytes, classes }

    var schema: String?
    var file: String?
    var bytes: Int64?
    let classes: [Item]
    /// The list's place in the file.
    let list: String

    init(from decoder: any Decoder) throws {
        guard let values = try? decoder.container(keyedBy: Key.self) else {
            classes = try [Item](from: decoder)
            list = "$"
            return
        }
        schema = try values.decode(String.self, forKey: .schema)
        file = try values.decode(String.self, forKey: .file)
        bytes = try values.decode(Int64.self, forKey: .bytes)
        classes = try values.decode([Item].self, forKey: .classes)
        list = "$.classes"
    }
}
