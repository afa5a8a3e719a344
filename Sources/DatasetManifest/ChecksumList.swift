public import Checksums
public import Disk

/// A list such as `MD5SUMS` or `SHA256SUMS`: the digests of files, a line each.
///
/// Both forms are read, also mixed: GNU's (`HEX  NAME`, `HEX *NAME`, with a backslash in front where
/// the name is escaped) and BSD's (`SHA256 (NAME) = HEX`). Empty lines, comments and a byte-order mark
/// are skipped.
public struct ChecksumList: Sendable, Equatable {
    /// One file of the list.
    public struct Entry: Sendable, Equatable {
        /// The name in the list: relative, without `..`.
        public let path: Path
        /// One for each algorithm, in their order.
        public internal(set) var digests: [Digest]
        /// The first line that names the file, counted from 1.
        public let line: Int
    }

    /// A line whose name no file here can have. The other lines remain valid.
    public struct Refusal: Sendable, Equatable {
        public let line: Int
        public let reason: String
    }

    public static let sizeLimit = 16 << 20

    /// In the order of the list.
    public let entries: [Entry]
    public let refusals: [Refusal]

    /// - Throws: `.syntax` with the number of the line: of one that does not belong in a list, or of the
    ///   first where no line is of use. `.tooLarge`.
    public init(_ bytes: [UInt8], source: String) throws(ManifestError) {
        if bytes.count > Self.sizeLimit {
            throw .tooLarge(
                source,
                "it has \(bytes.count) bytes, and may have \(Self.sizeLimit)")
        }
        var entries: [Entry] = []
        // `./a` of one line and `a` of another are one file.
        var places: [[Path]: Int] = [:]
        var refusals: [Refusal] = []
        var number = 0
        var rest = bytes.withoutByteOrderMark
        while !rest.isEmpty {
            number += 1
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            do throws(Fault) {
                guard let line = ChecksumLine(line) else { continue }
                let (name, digest) = try line.parsed()
                let path: Path
                do throws(Fault) {
                    path = try line.path(name)
                } catch {
                    refusals.append(Refusal(line: number, reason: error.reason))
                    continue
                }
                let components = path.components.filter { $0 != "." }
                if let place = places[components] {
                    try entries[place].add(digest)
                } else {
                    places[components] = entries.count
                    entries.append(Entry(path: path, digests: [digest], line: number))
                }
            } catch {
                throw .syntax(source, at: "line \(number)", error.reason)
            }
        }
        if entries.isEmpty {
            let (line, reason) =
                refusals.first.map { ($0.line, $0.reason) } ?? (1, "there is no checksum in it")
            throw .syntax(source, at: "line \(line)", reason)
        }
        self.entries = entries
        self.refusals = refusals
    }

    /// The part of all files of a list, which has no parts.
    public static let part = "other"

    /// The list as a manifest: every file in the part `other`, without a source.
    ///
    /// - Parameter passOver: gets the lines that are left out because of their names.
    /// - Throws: `.invalid` if two files of different folders have the same name, or no name is allowed
    ///   in a manifest.
    public func manifest(
        named name: String, source: String? = nil, passOver: (Refusal) -> Void = { _ in }
    ) throws(ManifestError) -> Manifest {
        let source = source ?? name
        var files: [ManifestFile] = []
        var refusals = refusals
        var lines: [Path: Int] = [:]
        for entry in entries {
            let place = "line \(entry.line)"
            let last = entry.path.lastComponent
            if let line = lines.updateValue(entry.line, forKey: last) {
                throw .invalid(source, at: place, "the same file name as in line \(line)")
            }
            let text = last.string
            if let reason = text.map(ManifestRules.archiveName) ?? "the name is not UTF-8" {
                refusals.append(Refusal(line: entry.line, reason: reason))
            } else if let text {
                files.append(ManifestFile(name: text, part: Self.part, digests: entry.digests))
            }
        }
        refusals.sort { $0.line < $1.line }
        if files.isEmpty, let first = refusals.first {
            throw .invalid(source, at: "line \(first.line)", first.reason)
        }
        for refusal in refusals { passOver(refusal) }
        return try Manifest(name: name, files: files)
    }
}

extension ChecksumList.Entry {
    fileprivate mutating func add(_ digest: Digest) throws(Fault) {
        if let old = digests.first(where: { $0.algorithm == digest.algorithm }) {
            if old == digest { return }
            throw Fault(
                reason:
                    "the \(digest.algorithm.rawValue) of \(path) differs from that in an earlier line"
            )
        }
        digests.append(digest)
        digests.sort { $0.algorithm < $1.algorithm }
    }
}

/// One line of a list that is neither empty nor a comment.
private struct ChecksumLine {
    private let text: ArraySlice<UInt8>
    private let isEscaped: Bool

    /// - Returns: nil for an empty line or a comment.
    init?(_ line: ArraySlice<UInt8>) {
        var text = line
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        text = text.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
        isEscaped = first == UInt8(ascii: "\\")
        self.text = isEscaped ? text.dropFirst() : text
    }

    func parsed() throws(Fault) -> (ArraySlice<UInt8>, Digest) {
        if let found = try gnu() { return found }
        return try bsd()
    }

    private func gnu() throws(Fault) -> (ArraySlice<UInt8>, Digest)? {
        let blanks: [UInt8] = Array(" \t".utf8)
        // 128 digits are a SHA-512: the longest digest whose kind is told by its length.
        guard let end = text.prefix(129).firstIndex(where: { blanks.contains($0) }),
            let bytes = bytes(fromHex: String(decoding: text[..<end], as: UTF8.self))
        else { return nil }
        var name = text[end...].dropFirst()
        // Old BSD lists have one blank only, and then the name.
        if let mark = name.first, blanks.contains(mark) || mark == UInt8(ascii: "*") {
            name = name.dropFirst()
        }
        for algorithm in DigestAlgorithm.allCases {
            if let digest = Digest(algorithm, bytes) { return (name, digest) }
        }
        throw Fault(
            reason: "a checksum of \(bytes.count * 2) digits: 32 (MD5), 40 (SHA-1), 64 (SHA-256) "
                + "or 16 (XXH64) are expected")
    }

    private func bsd() throws(Fault) -> (ArraySlice<UInt8>, Digest) {
        // The name may contain brackets: the last one closes.
        guard let opening = text.firstIndex(of: UInt8(ascii: "(")),
            let closing = text.lastIndex(of: UInt8(ascii: ")")), opening < closing,
            let equals = text[closing...].firstIndex(of: UInt8(ascii: "="))
        else { throw notAChecksum }
        let blank = UInt8(ascii: " ")
        let between = text[closing..<equals].dropFirst()
        guard between.allSatisfy({ $0 == blank }) else { throw notAChecksum }
        var kind = text[..<opening]
        if kind.last == blank { kind.removeLast() }
        let algorithm = try Self.algorithm(String(decoding: kind, as: UTF8.self))
        let hex = text[equals...].dropFirst().drop { $0 == blank }
        guard let digest = Digest(algorithm, hex: String(decoding: hex, as: UTF8.self)) else {
            throw Fault(
                reason: "\(algorithm.length * 2) hexadecimal digits are expected at its end")
        }
        return (text[opening..<closing].dropFirst(), digest)
    }

    private static func algorithm(_ name: String) throws(Fault) -> DigestAlgorithm {
        switch name {
        case "MD5": return .md5
        case "SHA1": return .sha1
        case "SHA256", "SHA2-256": return .sha256
        case "XXH64": return .xxh64
        default:
            throw Fault(
                reason: "\(escaped(name.utf8.prefix(40))) is not MD5, SHA1, SHA256 or XXH64")
        }
    }

    private var notAChecksum: Fault {
        Fault(reason: "neither \"CHECKSUM  NAME\" nor \"KIND (NAME) = CHECKSUM\"")
    }

    func path(_ name: ArraySlice<UInt8>) throws(Fault) -> Path {
        let bytes = isEscaped ? try unescaped(name) : Array(name)
        if bytes.isEmpty { throw Fault(reason: "the name is missing") }
        if bytes.contains(0) { throw Fault(reason: "the name has a NUL in it") }
        let path = Path(bytes: bytes)
        let leadsUp = path.components.contains { $0 == ".." }
        if path.isAbsolute || leadsUp || path.components.allSatisfy({ $0 == "." }) {
            throw Fault(reason: "the name \(path) leads out of the folder")
        }
        return path
    }

    private func unescaped(_ name: ArraySlice<UInt8>) throws(Fault) -> [UInt8] {
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): result.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): result.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
            default:
                throw Fault(reason: "only \\n, \\r and \\\\ are known in escaped names")
            }
        }
        return result
    }
}
