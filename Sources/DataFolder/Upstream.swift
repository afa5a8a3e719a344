package import Disk

/// What is known of a published mirror that this one copies from.
public struct Upstream: Hashable, Sendable {
    /// The address of its folder, for display.
    public let mirror: String
    /// The newest time that its `TRACE` has said.
    public package(set) var lastSync: UTCTime?
    /// When it was asked last.
    public package(set) var asked: UTCTime
    /// How old the last sync may be.
    public package(set) var ageLimit: Duration
    /// What it contradicts, a clause each: "went back in time: …".
    public package(set) var lies: [String] = []
    /// Whether somebody was told that it is stale.
    package var isStaleTold = false

    package init(mirror: String, asked: UTCTime, ageLimit: Duration) {
        self.mirror = mirror
        self.asked = asked
        self.ageLimit = ageLimit
    }

    /// How long ago it synced; nil where that is unknown.
    public func age(at now: UTCTime) -> Duration? {
        lastSync.map { .seconds(max(now.secondsSince1970 - $0.secondsSince1970, 0)) }
    }

    public func isStale(at now: UTCTime) -> Bool { age(at: now).map { $0 > ageLimit } ?? false }

    /// One sentence about its last sync.
    public func sentence(at now: UTCTime) -> String {
        guard let lastSync, let age = age(at: now) else {
            return "\(mirror): nobody knows when it synced"
        }
        let hours = age.components.seconds / 3600
        let (count, unit) = hours < 48 ? (hours, "hour") : (hours / 24, "day")
        let ago = "\(count) \(unit)\(count == 1 ? "" : "s")"
        return isStale(at: now)
            ? "\(mirror) has not synced since \(lastSync) (\(ago))"
            : "\(mirror) synced \(lastSync) (\(ago) ago)"
    }
}

/// The mirrors that `sync` has asked, in one small file of the state folder. A damaged one is ignored.
public struct UpstreamStore: Sendable {
    private static let heading = "imagenet-fetch upstreams 1"
    private static let name: Path = "upstreams"
    private static let mostUpstreams = 32
    private static let mostLies = 16
    private static let sizeLimit = 256 << 10
    private let state: Path

    public init(_ data: DataFolder) { state = data.state }

    /// All that were ever asked, the last ones first.
    package var all: [Upstream] {
        guard let folder = try? Folder(state),
            let bytes = try? folder.contents(ifPresent: Self.name, limit: Self.sizeLimit),
            let lines = SealedLines(bytes, heading: Self.heading)
        else { return [] }
        var found = lines.all("mirror").compactMap(Self.upstream)
        for line in lines.all("lie") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let index = Int(words[0]), found.indices.contains(index) else {
                continue
            }
            found[index].lies.append(String(words[1]))
        }
        return found
    }

    /// Those that the last sync asked, if it asked any.
    public var latest: [Upstream] {
        let all = all
        let last = all.map(\.asked).max()
        return all.filter { $0.asked == last }
    }

    package func save(_ upstreams: [Upstream]) throws(DiskError) {
        let kept = upstreams.sorted { $0.asked > $1.asked }.prefix(Self.mostUpstreams)
        let mirrors = kept.map { upstream in
            let words = [
                upstream.lastSync.map { "\($0)" } ?? "-", "\(upstream.asked)",
                "\(upstream.ageLimit.components.seconds)", upstream.isStaleTold ? "told" : "-",
                upstream.mirror,
            ]
            return "mirror " + words.joined(separator: " ")
        }
        let lies = kept.enumerated().flatMap { index, upstream in
            upstream.lies.prefix(Self.mostLies).map { "lie \(index) \($0)" }
        }
        // Losing it does no harm.
        try DataFolder.creatingState(state).publish(
            Self.name, SealedLines.seal([Self.heading] + mirrors + lies), synced: false)
    }

    private static func upstream(_ line: Substring) -> Upstream? {
        let words = line.split(separator: " ", maxSplits: 4)
        guard words.count == 5, let asked = UTCTime(words[1]),
            let limit = Int64(words[2]), limit >= 0
        else { return nil }
        var upstream = Upstream(
            mirror: String(words[4]), asked: asked, ageLimit: .seconds(limit))
        upstream.lastSync = UTCTime(words[0])
        upstream.isStaleTold = words[3] == "told"
        return upstream
    }
}
