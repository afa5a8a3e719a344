internal import Glibc

/// What tells this machine, and this boot of it, from others.
package enum ThisMachine {
    /// Names this boot (`random_uuid` in proc(5)); empty if the system does not say.
    package static let boot: String = {
        let path: Path = "/proc/sys/kernel/random/boot_id"
        guard let bytes = try? FileDescriptor(path, .reading).contents(limit: 4096) else {
            return ""
        }
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }()

    /// `gethostname(2)`.
    static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The parts of a device's number, as `makedev(3)` puts them together: a macro that Swift does not
/// see.
struct DeviceNumber: Hashable {
    let major: UInt32
    let minor: UInt32

    init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    init(_ raw: dev_t) {
        let device = UInt64(raw)
        major = UInt32(device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000)
        minor = UInt32(device & 0xFF | device >> 12 & 0xFFFF_FF00)
    }
}
