/// The mounts that this process sees (`proc_pid_mountinfo(5)`).
struct MountTable: Sendable {
    /// Why other machines do not see the locks of a mount.
    struct LocalLocks: Equatable, Sendable, CustomStringConvertible {
        let fileSystem: String
        let option: String
        /// The option that lets them see locks.
        let cure: String

        var description: String { "\(fileSystem), \(option)" }
    }

    private static let sizeLimit = 16 << 20
    private let lines: [Substring]

    init(_ text: String) { lines = text.split(separator: "\n") }

    /// Without the file in `/proc` nothing is known of any mount.
    static var current: MountTable {
        let bytes = try? FileDescriptor("/proc/self/mountinfo", .reading)
            .contents(limit: sizeLimit)
        return MountTable(String(decoding: bytes ?? [], as: UTF8.self))
    }

    /// Options with which the locks of a shared file system stay on one machine: nfs(5),
    /// mount.lustre(8), mount.cifs(8).
    private static let localOptions: [(types: [String], options: [String], cure: String)] = [
        (
            ["nfs", "nfs4"], ["local_lock=all", "local_lock=flock", "nolock"],
            "lock,local_lock=none"
        ),
        (["lustre"], ["localflock"], "flock"),
        (["cifs", "smb3"], ["nobrl", "nolock"], "brl"),
    ]

    /// Nil where locks are for all machines, or the file system is this machine's own.
    func localLocks(on device: DeviceNumber) -> LocalLocks? {
        for line in lines {
            // ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS [FIELD…] - TYPE SOURCE OPTIONS
            let words = line.split(separator: " ")
            guard words.count > 6, words[2] == "\(device.major):\(device.minor)",
                let dash = words[6...].firstIndex(of: "-"), dash + 3 < words.endIndex,
                let known = Self.localOptions.first(where: {
                    $0.types.contains(words[dash + 1].text)
                })
            else { continue }
            let options = [words[5], words[dash + 3]].flatMap { $0.split(separator: ",") }
            if let option = options.first(where: { known.options.contains($0.text) }) {
                return LocalLocks(
                    fileSystem: words[dash + 1].text, option: option.text, cure: known.cure)
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate var text: String { String(self) }
}
