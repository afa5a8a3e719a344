public import Checksums
public import DatasetManifest
public import Disk

/// Why a file is not what it should be.
public enum Diagnosis: Sendable, Equatable {
    case cutShort(Int64, of: Int64)
    case tooLong(Int64, of: Int64)
    /// A compressed archive was unpacked on the way, and kept its name.
    case gunzipped
    /// A page of a web site: a login, or an error.
    case htmlPage
    /// It is a known file with this other name.
    case otherFile(String)
    /// Some of its pieces are wrong.
    case damaged(pieces: Int, of: Int)
    /// Digests of the whole are wrong, and nothing tells where.
    case otherDigests([Digest])
    /// Its pieces are right and its digests are not: manifest and torrent describe different files.
    case contradiction([Digest])
    /// The disk cannot read these places.
    case unreadable([Range<Int64>])
    /// It could not be read at all.
    case cannotRead(DiskError)
    case shrank(at: Int64)
    case changed
    /// There is no digest, no torrent and no earlier use.
    case unpinned
    /// Only its torrent could prove it, and the torrent is missing.
    case noTorrent
    /// Chosen classes that are not downloaded, or not completely.
    case notThere([WNID])

    /// One sentence without a full stop, safe for a terminal.
    public var sentence: String {
        switch self {
        case .cutShort(let size, let whole): "cut short: it has \(size) bytes, not \(whole)"
        case .tooLong(let size, let whole): "too long: it has \(size) bytes, not \(whole)"
        case .gunzipped: "unpacked: it is a tar archive without its compression"
        case .htmlPage: "a web page, not an archive"
        case .otherFile(let name): "another file: it is \(escaped(name))"
        case .damaged(let bad, let all):
            "damaged: \(bad) of its \(all) \(all == 1 ? "piece" : "pieces")"
        case .otherDigests(let wrong): "its \(Self.names(wrong)) not what it should be"
        case .contradiction(let wrong):
            "its pieces are right, but its \(Self.names(wrong)) not what the manifest says"
        case .unreadable(let ranges):
            "unreadable: \(ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }) bytes"
        case .cannotRead(let error): error.message
        case .shrank(let end): "it shrank while it was read: it now ends at byte \(end)"
        case .changed: "it changed while it was read"
        case .unpinned: "no digest and no torrent is known for it"
        case .noTorrent: "only its torrent could verify it, and there is none here"
        case .notThere(let wnids): Self.sentence(wnids)
        }
    }

    /// What to do next, where there is something to do.
    public var hint: Remedy? {
        switch self {
        case .gunzipped: "browsers decompress such files: download it with imagenet-fetch"
        case .htmlPage: "the server wanted a login, or had no such file: download it again"
        case .otherFile(let name): "rename it to \(escaped(name))"
        case .otherDigests:
            "there are no piece hashes for it: move it away, then download the whole file again"
        case .contradiction:
            "torrent and manifest describe different files: check that both have the same origin"
        case .unreadable: "the disk reports an error; look at `dmesg`"
        case .cannotRead(let error): error.hint
        case .shrank, .changed: "does another program write to it? verify it again"
        case .unpinned:
            "with \(.allowUnverified) its digest is recorded, and later copies must match it"
        case .noTorrent: "name a folder that has its .torrent with \(.torrentFolder)"
        case .notThere(let wnids):
            "\(run: .fetch, .classes(wnids.map(\.description))) downloads them"
        default: nil
        }
    }

    private static func sentence(_ wnids: [WNID]) -> String {
        let first = wnids.first.map { "\($0)" } ?? ""
        return wnids.count == 1
            ? "\(first) is not downloaded"
            : "\(first) and \(wnids.count - 1) more chosen classes are not downloaded"
    }

    private static func names(_ digests: [Digest]) -> String {
        let names = digests.map(\.algorithm.rawValue).joined(separator: " and ")
        return names + (digests.count == 1 ? " is" : " are")
    }
}

extension Diagnosis {
    /// Enough of a file to tell its kind.
    static let headLength = 4096

    /// By the first bytes of a file; nil if they fit its name.
    init?(head: [UInt8], of name: String) {
        if WebPage.begins(head) {
            self = .htmlPage
        } else if Self.isGzipName(name), Self.isTar(head) {
            self = .gunzipped
        } else {
            return nil
        }
    }

    private static func isGzipName(_ name: String) -> Bool {
        [".gz", ".tgz"].contains { name.lowercased().hasSuffix($0) }
    }

    /// The magic of POSIX and GNU headers; v7 has none.
    private static func isTar(_ head: [UInt8]) -> Bool {
        head.count >= 512 && head[257..<262].elementsEqual("ustar".utf8)
    }
}
