internal import Disk

/// The origin of bytes without a piece map: one mirror, and the version of its file.
///
/// Bytes of two mirrors, or of two versions, would make up a file that nobody ever had. So the
/// journal is pinned by this; see `Journal.pin`.
final class MirrorOrigin: Sendable {
    /// Tells whether the mirror's file is still the same.
    enum Version: Hashable, Sendable {
        case web(Validator)
        /// Of a copy in a folder.
        case file(inode: UInt64, modified: String)
    }

    private struct State {
        var version: Version?
        var isMixed = false
        var hasChanged = false
    }

    let mirror: Mirror
    /// Whether digests of the whole file decide in the end.
    let isProvable: Bool
    private let size: Int64
    private let state = Monitor(State())

    init(_ mirror: Mirror, size: Int64, isProvable: Bool = true) {
        self.mirror = mirror
        self.size = size
        self.isProvable = isProvable
    }

    /// The version when the first bytes came; nil while it is unknown.
    var version: Version? { state.read { $0.version } }

    func saw(_ version: Version) {
        state.update { if $0.version == nil { $0.version = version } }
    }

    /// Whether some bytes came from elsewhere, so that nobody can say who was wrong.
    var isMixed: Bool { state.read { $0.isMixed } }

    func setMixed(_ isMixed: Bool) { state.update { $0.isMixed = isMixed } }

    /// Whether the mirror's file has changed, so that the earlier bytes are void.
    var hasChanged: Bool { state.read { $0.hasChanged } }

    func setChanged() { state.update { $0.hasChanged = true } }

    // MARK: As a pin

    private var head: String { "size-\(size) " }
    private var tail: String { " \(mirror)" }

    /// The pin of a journal of these bytes. Without a version it vouches for nothing.
    var pin: String {
        let version = state.read { $0.isMixed ? nil : $0.version?.text }
        return version.map { head + $0 + tail } ?? "size-\(size)"
    }

    /// The version for which a journal speaks; nil where its bytes did not all come from this
    /// mirror.
    func version(in pin: String) -> Version? {
        guard pin.hasPrefix(head), pin.hasSuffix(tail),
            pin.utf8.count > head.utf8.count + tail.utf8.count
        else { return nil }
        return Version(pin.utf8.dropFirst(head.utf8.count).dropLast(tail.utf8.count))
    }
}

extension MirrorOrigin.Version {
    init(_ identity: FileIdentity) {
        let time = identity.modified
        self = .file(inode: identity.inode, modified: "\(time.seconds).\(time.nanoseconds)")
    }

    /// Nil for what cannot stand in a line of a journal.
    fileprivate var text: String? {
        let text =
            switch self {
            case .web(.tag(let tag)): "tag \(tag)"
            case .web(.date(let date)): "date \(date)"
            case .file(let inode, let modified): "file \(inode) \(modified)"
            }
        return text.utf8.allSatisfy { 0x20..<0x7F ~= $0 } ? text : nil
    }

    fileprivate init?(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "tag": self = .web(.tag(String(parts[1])))
        case "date": self = .web(.date(String(parts[1])))
        case "file":
            let words = parts[1].split(separator: " ")
            guard words.count == 2, let inode = UInt64(words[0]) else { return nil }
            self = .file(inode: inode, modified: String(words[1]))
        default: return nil
        }
    }
}
