public import Disk

extension DataFolder {
    /// A record in the state folder that a newer version of this program wrote, if there is one. Only
    /// the beginning of each is read.
    public func newerState() throws(DiskError) -> Path? {
        let stores = [
            "receipts", "journals", "pieces", "undo", "published", "witnessed", "damage", "classes",
        ]
        for name in [""] + stores {
            let path = name.isEmpty ? state : state.appending(name)
            if let newer = try Self.newer(in: path) { return newer }
        }
        return nil
    }

    private static func newer(in path: Path) throws(DiskError) -> Path? {
        let folder: Folder
        do throws(DiskError) {
            folder = try Folder(path)
        } catch  where error.code == .notFound || error.code == .notAFolder {
            return nil
        }
        for entry in try folder.entries() where entry.kind == .file {
            let file = try folder.file(entry.name, .readingNoLink)
            if StateHeading(try file.bytes(upTo: StateHeading.length))?.isNewer == true {
                return path.appending(entry.name)
            }
        }
        return nil
    }
}

/// How every record begins: `imagenet-fetch journal 1`, or as JSON with the schema
/// `imagenet-fetch.receipt/1`.
private struct StateHeading {
    static let length = 80
    /// The version of all current records.
    private static let newest = 1

    let isNewer: Bool

    init?(_ bytes: [UInt8]) {
        // A record of a newer version may contain anything after its heading.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.contains(Self.name) }),
            let own = line.split(separator: Self.name, maxSplits: 1).last
        else { return nil }
        // " journal 1" or ".receipt/1\","
        let kind = own.dropFirst().prefix { $0.isLetter && $0.isASCII }
        let rest = own.dropFirst(1 + kind.count)
        guard !kind.isEmpty, rest.first == " " || rest.first == "/" else { return nil }
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        let behind = rest.dropFirst(1 + digits.count)
        guard let version = Int(digits), behind.isEmpty || behind.first == "\"" else { return nil }
        isNewer = version > Self.newest
    }

    private static let name = "imagenet-fetch"
}
