internal import DataFolder
internal import Disk

/// The speed and the lies of mirrors, kept from one run to the next in a small file. A damaged file
/// is ignored: it only decides who is asked first.
///
///     var memory = MirrorMemory.load(from: stateFolder)
///     let order = memory.ranking(of: mirrors)
struct MirrorMemory: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var speed: Int64
        /// Wrong pieces, halved with each run that had none.
        var strikes: Int
    }

    private(set) var hosts: [String: Entry] = [:]

    /// The expected bytes a second of an unknown mirror.
    static let usualSpeed: Int64 = 1 << 20

    private static let heading = "imagenet-fetch mirrors 1"
    private static let maximumHosts = 256
    private static let maximumBytes = 64 << 10
    private static let fileName: Path = "mirrors"
    /// A mirror with so many strikes goes last.
    private static let liarStrikes = 3

    init() {}

    /// The contents of a state folder's file; empty where there is none.
    static func load(from folder: Path) -> MirrorMemory {
        do {
            let file = try Folder(folder).file(fileName, .readingNoLink)
            return MirrorMemory(decoding: try file.contents(limit: maximumBytes)) ?? MirrorMemory()
        } catch {
            return MirrorMemory()
        }
    }

    func save(to folder: Path) throws(DiskError) {
        // Not synced: losing it does no harm.
        try DataFolder.creatingState(folder).publish(Self.fileName, encoded, synced: false)
    }

    static func update(in folder: Path, _ change: (inout MirrorMemory) -> Void) {
        var memory = load(from: folder)
        change(&memory)
        // It only affects the order of mirrors.
        try? memory.save(to: folder)
    }

    mutating func note(_ report: MirrorReport) {
        guard let host = report.mirror.host, Self.isPlain(host),
            report.receivedBytes > 0 || report.strikes > 0,
            hosts[host] != nil || hosts.count < Self.maximumHosts
        else { return }
        var entry = hosts[host] ?? Entry(speed: 0, strikes: 0)
        // A short visit says little about the speed.
        if report.speed >= 1, report.receivedBytes >= 1 << 20 {
            let speed = Int64(min(report.speed, 1e15))
            entry.speed = entry.speed == 0 ? speed : entry.speed / 2 + speed / 2
        }
        entry.strikes =
            report.strikes > 0 ? min(entry.strikes + report.strikes, 1000) : entry.strikes / 2
        hosts[host] = entry
    }

    /// A whole file from this mirror alone was wrong.
    mutating func strike(_ mirror: Mirror) {
        guard let host = mirror.host, Self.isPlain(host),
            hosts[host] != nil || hosts.count < Self.maximumHosts
        else { return }
        let entry = entry(mirror)
        hosts[host] = Entry(
            speed: entry.speed, strikes: min(entry.strikes + Self.liarStrikes, 1000))
    }

    /// The mirrors in the order in which to try them: folders first, liars last, the others as
    /// given, except that of two measured ones the faster comes first.
    func ranking(of mirrors: [Mirror]) -> [Mirror] {
        let local = mirrors.filter { $0.host == nil }
        let web = mirrors.filter { $0.host != nil }
        let honest = web.filter { entry($0).strikes < Self.liarStrikes }
        let liars = web.filter { entry($0).strikes >= Self.liarStrikes }
        // Only measured mirrors change places; sort is stable.
        let places = honest.indices.filter { entry(honest[$0]).speed > 0 }
        let measured = places.map { honest[$0] }.sorted { entry($0).speed > entry($1).speed }
        var ranked = honest
        for (place, mirror) in zip(places, measured) { ranked[place] = mirror }
        return local + ranked + liars
    }

    /// Bytes a second of earlier runs; nil where that was never measured.
    func speed(of mirror: Mirror) -> Int64? {
        let speed = entry(mirror).speed
        return speed > 0 ? speed : nil
    }

    private func entry(_ mirror: Mirror) -> Entry {
        mirror.host.flatMap { hosts[$0] } ?? Entry(speed: 0, strikes: 0)
    }
}

// MARK: As text

extension MirrorMemory {
    var encoded: [UInt8] {
        let lines = hosts.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.speed) \($0.value.strikes)\n" }
        return Array((Self.heading + "\n" + lines.joined()).utf8)
    }

    /// Nil for anything that `encoded` does not write.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count <= Self.maximumBytes,
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Self.heading[...], lines.popLast() == "",
            lines.count <= Self.maximumHosts
        else { return nil }
        for line in lines {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, Self.isPlain(words[0]),
                let speed = Int64(words[1]), 0...1_000_000_000_000_000 ~= speed,
                let strikes = Int(words[2]), 0...1000 ~= strikes
            else { return nil }
            hosts[String(words[0])] = Entry(speed: speed, strikes: strikes)
        }
    }

    private static func isPlain(_ host: some StringProtocol) -> Bool {
        !host.isEmpty && host.utf8.count <= 255 && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
