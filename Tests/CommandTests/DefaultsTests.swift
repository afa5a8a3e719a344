import Disk
import Testing

/// A default that is written down twice will differ one day.
@Suite struct DefaultsTests {
    private static let sources = Path(#filePath).parent.parent.parent.appending("Sources")

    /// All lines of the Swift sources.
    private static let lines = Result { try read(sources) }

    private static func read(_ path: Path) throws -> [(file: String, line: String)] {
        try Folder(path).entries().flatMap { entry -> [(file: String, line: String)] in
            let inner = path.appending(entry.name)
            if entry.kind == .folder { return try read(inner) }
            guard entry.name.hasSuffix(".swift") else { return [] }
            let text = try FileDescriptor(inner, .reading).contents(limit: 1 << 20)
            return String(decoding: text, as: UTF8.self).split(separator: "\n").map {
                (entry.name.description, String($0))
            }
        }
    }

    @Test(
        "each default is written down once",
        arguments: [
            (#"[pP]eers\b.*\b256\b"#, "FetchOptions.swift"),
            (#"[sS]tall.*seconds\(60\)"#, "FetchOptions.swift"),
            (#"[rR]eserve.*1 << 30"#, "FetchOptions.swift"),
            (#"[cC]onnections\b.*= 4$"#, "MirrorOptions.swift"),
            (#"[sS]eed\b.*= 12345"#, "TFRecordFormat.swift"),
            (#"(67_?108_?864|[sS]ize.*1 << 26)"#, "MDSFormat.swift"),
            (#"[iI]nterval.*30 \* 86_400"#, "MirrorSync.swift"),
        ])
    func once(_ pattern: String, _ owner: String) throws {
        let regex = try Regex(pattern)
        let found = try Self.lines.get().filter { line in
            // Comments may speak of anything.
            !line.line.contains("//") && line.line.contains(regex)
        }
        #expect(found.map(\.file) == [owner], "\(found)")
    }
}
