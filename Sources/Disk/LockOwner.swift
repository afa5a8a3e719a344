internal import Glibc

/// Who holds a lock, or held it last: a few lines in the lock's file.
///
/// It is for messages. The lock of the kernel is what excludes, wherever machines see each other's
/// locks.
public struct LockOwner: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let process: Int32
    /// In UTC, as in ISO 8601.
    public let since: String
    let boot: String

    private static let heading = "imagenet-fetch lock 1"
    static let lengthLimit = 512

    init(host: String, process: Int32, since: String, boot: String) {
        self.host = host
        self.process = process
        self.since = since
        self.boot = boot
    }

    /// This process, from now on.
    static var current: LockOwner {
        var (now, parts) = (time(nil), tm())
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return LockOwner(
            host: ThisMachine.host, process: getpid(),
            since: String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self),
            boot: ThisMachine.boot)
    }

    public var description: String { "process \(process) on \(host), since \(since)" }

    /// Whether it is on another machine. A machine has one boot, whatever names its containers have,
    /// and keeps its name when it starts again.
    func isElsewhere(from here: LockOwner) -> Bool {
        host != here.host && (boot != here.boot || boot.isEmpty)
    }

    // MARK: As text

    var encoded: [UInt8] {
        let lines = [
            Self.heading, "host \(host)", "boot \(boot)", "process \(process)", "since \(since)",
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Whether these bytes may be replaced: a lock may also be on a file with other contents.
    static func mayReplace(_ bytes: [UInt8]) -> Bool {
        bytes.isEmpty || bytes.starts(with: heading.utf8)
    }

    /// Nil for anything else than `encoded`, as for one that is being written.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count < Self.lengthLimit,
            bytes.allSatisfy({ $0 == 0x0A || 0x20..<0x7F ~= $0 })
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == Self.heading[...], lines[5].isEmpty else { return nil }
        func value(_ line: Int, _ key: String) -> String? {
            lines[line].hasPrefix(key + " ") ? String(lines[line].dropFirst(key.count + 1)) : nil
        }
        guard let host = value(1, "host"), !host.isEmpty, let boot = value(2, "boot"),
            let process = value(3, "process").flatMap({ Int32($0) }), process > 0,
            let since = value(4, "since"), !since.isEmpty
        else { return nil }
        self.init(host: host, process: process, since: since, boot: boot)
    }
}

extension DiskError {
    /// Somebody else is using `path`.
    package static func busy(_ path: Path) -> DiskError {
        DiskError(.flock, path, errno: EWOULDBLOCK)
    }

    static func busy(_ path: Path, _ owner: LockOwner?, from here: LockOwner) -> DiskError {
        guard let owner else { return .busy(path) }
        let host = escaped(owner.host)
        let isElsewhere = owner.isElsewhere(from: here)
        return DiskError(
            .busy, "cannot lock \(path): another run is using it (\(escaped(owner.description)))",
            hint: isElsewhere
                ? "wait until that run ends; if \(host) has crashed, the file server may keep its "
                    + "lock until \(host) starts again: if it never will, remove \(path) and run "
                    + "the same command again"
                : "wait until that run ends", errno: EWOULDBLOCK)
    }

    /// The lock was free, but it would be free as well if that owner still had it.
    static func perhapsBusy(
        _ path: Path, _ owner: LockOwner, _ locks: MountTable.LocalLocks
    ) -> DiskError {
        let host = escaped(owner.host)
        return DiskError(
            .perhapsBusy,
            "refused to lock \(path): another run may be using it (\(escaped(owner.description))), "
                + "and machines do not see each other's locks there (\(locks))",
            hint: "if no run of this program is left on \(host), remove \(path) and run the same "
                + "command again; mount that file system with \(locks.cure), and machines see "
                + "each other's locks")
    }
}
