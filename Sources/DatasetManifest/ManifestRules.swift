internal import Checksums
internal import Disk

/// A place in a document, and what is wrong there.
struct Fault: Error {
    var place = ""
    var reason: String
}

/// The rules for the values of a manifest.
enum ManifestRules {
    static let fileCountLimit = 100_000
    static let mirrorCountLimit = 100
    static let subsetCountLimit = 1000
    static let urlLengthLimit = 4096

    /// - Throws: the first fault, at a place such as `$.files[3].name`.
    static func check(_ manifest: Manifest) throws(Fault) {
        try check(manifest.name, as: fileName, at: "$.name")
        if let classes = manifest.classes, classes < 1 {
            throw Fault(place: "$.classes", reason: "\(classes) is not a number of classes")
        }
        if let digest = manifest.labels?.valWNIDs, digest.algorithm != .sha256 {
            throw Fault(place: "$.labels.valWNIDs", reason: "a SHA-256 is expected")
        }
        if let digest = manifest.labels?.wnids, digest.algorithm != .sha256 {
            throw Fault(place: "$.labels.wnids", reason: "a SHA-256 is expected")
        }
        for (index, subset) in manifest.subsets.enumerated() {
            try check(subset, after: manifest.subsets[..<index], of: manifest.classes)
        }
        if manifest.files.count > fileCountLimit {
            throw Fault(place: "$.files", reason: "more than \(fileCountLimit) files")
        }
        // Compared as bytes: for Swift's == two spellings of an é are the same name, but they are two
        // files on Linux.
        var places: [[UInt8]: Int] = [:]
        for (index, file) in manifest.files.enumerated() {
            try check(file, at: "$.files[\(index)]")
            if let first = places.updateValue(index, forKey: Array(file.name.utf8)) {
                throw Fault(
                    place: "$.files[\(index)].name",
                    reason: "the same name as $.files[\(first)]")
            }
        }
    }

    private static func check(_ file: ManifestFile, at place: String) throws(Fault) {
        try check(file.name, as: archiveName, at: place + ".name")
        try check(file.part, as: part, at: place + ".part")
        if let size = file.size { try check(size, at: place + ".size") }
        if let size = file.sizeAbout { try check(size, at: place + ".sizeAbout") }
        if let images = file.images { try check(images, at: place + ".images") }
        for (index, digest) in file.digests.enumerated()
        where file.digests[..<index].contains(where: { $0.algorithm == digest.algorithm }) {
            throw Fault(place: "\(place).\(digest.algorithm.rawValue)", reason: "given twice")
        }
        if file.mirrors.count > mirrorCountLimit {
            throw Fault(place: place + ".mirrors", reason: "more than \(mirrorCountLimit)")
        }
        for (index, mirror) in file.mirrors.enumerated() {
            try check(mirror, as: self.mirror, at: "\(place).mirrors[\(index)]")
        }
        if let pieces = file.pieces { try check(pieces, of: file, at: place + ".pieces") }
        if let index = file.classIndex, let size = file.size {
            do throws(ClassIndex.Invalid) {
                _ = try ClassIndex(index.entries, archiveSize: size)
            } catch {
                throw Fault(place: place + ".classIndex", reason: error.reason)
            }
        }
    }

    private static func check(
        _ pieces: ManifestFile.Pieces, of file: ManifestFile, at place: String
    )
        throws(Fault)
    {
        if pieces.length < 1 {
            throw Fault(
                place: place + ".pieceLength", reason: "\(pieces.length) is not a length of pieces")
        }
        try check(pieces.sha1, as: pieceFile, at: place + ".sha1")
        if file.torrent == nil {
            throw Fault(place: place, reason: "piece hashes need a \"torrent\", which proves them")
        }
        if file.size == nil {
            throw Fault(place: place, reason: "piece hashes need the \"size\" of the file")
        }
    }

    private static func check(
        _ subset: Manifest.Subset, after earlier: ArraySlice<Manifest.Subset>, of classes: Int64?
    ) throws(Fault) {
        let place = "$.subsets.\(escaped(subset.name))"
        try check(subset.name, as: subsetName, at: place)
        if earlier.last?.name == subset.name { throw Fault(place: place, reason: "given twice") }
        if subset.wnids.isEmpty {
            throw Fault(place: place + ".wnids", reason: "a subset has at least one class")
        }
        var seen: Set<WNID> = []
        for (index, wnid) in subset.wnids.enumerated() where !seen.insert(wnid).inserted {
            throw Fault(place: "\(place).wnids[\(index)]", reason: "\(wnid) is given twice")
        }
        if let classes, subset.wnids.count > classes {
            throw Fault(
                place: place + ".wnids",
                reason: "\(subset.wnids.count) classes, more than the \(classes) of the data set")
        }
    }

    private static func check(
        _ text: String, as rule: (String) -> String?, at place: String
    ) throws(Fault) {
        if let reason = rule(text) { throw Fault(place: place, reason: reason) }
    }

    private static func check(_ number: Int64, at place: String) throws(Fault) {
        if number < 0 { throw Fault(place: place, reason: "\(number) is negative") }
    }

    /// Why `name` cannot be a file name; nil if it can.
    static func fileName(_ name: String) -> String? {
        let bytes = name.utf8
        if bytes.isEmpty { return "the name is empty" }
        if bytes.count > 255 { return "the name is longer than 255 bytes" }
        if name == "." || name == ".." { return "the name \(name) leads out of the folder" }
        if bytes.contains(UInt8(ascii: "/")) { return "the name has a slash in it" }
        if hasControl(bytes) { return "the name has a control character in it" }
        return nil
    }

    /// Why `name` cannot name an archive; nil if it can. Its records have longer names.
    static func archiveName(_ name: String) -> String? {
        // ".NAME.journal-synced.new" is the longest of all.
        if name.utf8.count > 235 { return "the name is longer than 235 bytes" }
        if name == ".imagenet-fetch" { return "the name is that of the state folder" }
        return fileName(name)
    }

    private static func part(_ name: String) -> String? {
        // --only takes names with commas between them.
        if name.utf8.contains(UInt8(ascii: ",")) { return "the name has a comma in it" }
        return fileName(name)
    }

    /// Why `name` cannot name a subset; nil if it can. A person may write WNIDs in its place.
    private static func subsetName(_ name: String) -> String? {
        if WNID(name) != nil { return "the name is that of a class" }
        return part(name)
    }

    /// Why `text` is not the place of a file of hashes; nil if it is.
    private static func pieceFile(_ text: String) -> String? {
        if text.utf8.first == UInt8(ascii: "/") { return "a relative path is expected" }
        for name in text.split(separator: "/", omittingEmptySubsequences: false) {
            if let reason = fileName(String(name)) { return reason }
        }
        return nil
    }

    /// Why `text` is neither the URL of a mirror nor a local folder; nil if it is.
    static func mirror(_ text: String) -> String? {
        let bytes = text.utf8
        if bytes.isEmpty { return "the address is empty" }
        if bytes.count > urlLengthLimit {
            return "the address is longer than \(urlLengthLimit) bytes"
        }
        if hasControl(bytes) { return "the address has a control character in it" }
        guard scheme(of: text) != nil else { return nil }
        return url(text, schemes: ["https", "http"])
    }

    /// Why `text` is not a URL of one of these schemes; nil if it is.
    static func url(_ text: String, schemes: [String]) -> String? {
        if text.utf8.count > urlLengthLimit {
            return "the address is longer than \(urlLengthLimit) bytes"
        }
        guard let scheme = scheme(of: text), schemes.contains(scheme) else {
            return "an address with \(schemes.joined(separator: ", ")) is expected"
        }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        guard rest.starts(with: "://".utf8) else { return "\"//\" is missing after the scheme" }
        if rest.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) {
            return "the address has a blank, a backslash or a control character in it"
        }
        let authority = rest.dropFirst(3).prefix { !"/?#".utf8.contains($0) }
        // The message must not repeat the address: it may contain a password.
        if authority.contains(UInt8(ascii: "@")) {
            return "the address contains a user name or a password"
        }
        return hasHost(authority) ? nil : "the address has no valid host and port"
    }

    private static func hasHost(_ authority: some BidirectionalCollection<UInt8>) -> Bool {
        var host = authority[...]
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") {
            let digits = host[host.index(after: colon)...]
            guard isPort(digits) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            return host.last == UInt8(ascii: "]") && host.count > 4
        }
        return !host.isEmpty && !host.contains { ":[]".utf8.contains($0) }
    }

    static func isPort(_ digits: some Collection<UInt8>) -> Bool {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self))
        else { return false }
        return port > 0
    }

    /// The scheme in lower case (RFC 3986, 3.1); nil if the text has none, like a path.
    private static func scheme(of text: String) -> String? {
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = bytes[..<colon]
        guard let first = scheme.first, isLetter(first),
            scheme.allSatisfy({ isLetter($0) || "0123456789+-.".utf8.contains($0) })
        else { return nil }
        return text[..<colon].lowercased()
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func hasControl(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.contains { $0 < 0x20 || $0 == 0x7F }
    }
}
