public import Disk
internal import Glibc

/// opentracker on a port of 127.0.0.1, which knows some torrents and no others.
public final class OpenTracker: Sendable {
    public let port: UInt16
    private let process: Background

    public var url: String { "http://127.0.0.1:\(port)/announce" }

    /// - Parameters:
    ///   - infoHashes: the torrents that it takes, in hex.
    ///   - folder: where its list of them goes; it gives up its rights before it reads that.
    public init(knowing infoHashes: [String], in folder: Path) throws {
        let port = try freePort()
        self.port = port
        chmod(folder.description, 0o755)
        let list = Path("known-\(port)")
        try Folder(folder).publish(list, Array((infoHashes.joined(separator: "\n") + "\n").utf8))
        chmod(folder.appending(list).description, 0o644)
        process = try Background(
            "opentracker",
            [
                "-i", "127.0.0.1", "-p", "\(port)", "-P", "\(port)", "-d", folder.description,
                "-w", list.description,
            ])
        try waitForListener(port, "opentracker")
    }

    /// How many say that they have all of a torrent (BEP 48).
    public func seeds(of infoHash: String) -> Int {
        var escaped = ""
        for (place, digit) in infoHash.enumerated() {
            escaped += (place % 2 == 0 ? "%" : "") + String(digit)
        }
        let answer = loopbackAnswer("/scrape?info_hash=\(escaped)", from: port)
        // The infohash itself is no text.
        let text = String(decoding: answer, as: UTF8.self)
        guard let count = text.split(separator: "8:completei", maxSplits: 1).dropFirst().first
        else { return 0 }
        return Int(count.prefix { $0 != "e" }) ?? 0
    }
}
