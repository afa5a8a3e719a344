internal import Glibc

/// Which disks have heads that move: there, reading two files at a time is slower than reading one
/// after the other.
///
/// The kernel says it of each block device (`queue/rotational`), and which devices a volume of LVM,
/// dm-crypt or md lies on (`slaves`). Of file systems without a block device, as NFS,
/// tmpfs, Btrfs and ZFS, nothing is known, and they are taken for ones without heads.
public struct SpinningDisks: Sendable {
    /// One disk, by the number that the kernel gives it.
    public struct Disk: Hashable, Sendable {
        let number: String
    }

    /// How deep volumes may be stacked.
    private static let deepest = 8

    private let devices: Path

    /// - Parameter system: where the kernel shows its devices (`sysfs(5)`).
    public init(system: Path = "/sys") { devices = system.appending("dev/block") }

    /// The disks with moving heads that a file lies on; none where nothing can be found out.
    public func disks(of file: Path) -> Set<Disk> {
        var status = stat()
        guard file.withCString({ stat($0, &status) }) == 0 else { return [] }
        let device = DeviceNumber(status.st_dev)
        return disks(ofDevice: device.major, device.minor)
    }

    public func disks(ofDevice major: UInt32, _ minor: UInt32) -> Set<Disk> {
        // 0 is no device: a file system that has made a number up.
        if major == 0 { return [] }
        return disks(below: devices.appending("\(major):\(minor)"), Self.deepest)
    }

    private func disks(below device: Path, _ levels: Int) -> Set<Disk> {
        if levels == 0 { return [] }
        let slaves = device.appending("slaves")
        let names = (try? Folder(slaves).entries().map(\.name)) ?? []
        if !names.isEmpty {
            return names.reduce(into: []) {
                $0.formUnion(disks(below: slaves.appending($1), levels - 1))
            }
        }
        // A partition lies in the folder of its disk, and only that has a queue.
        for disk in [device, device.appending("..")] {
            guard let spins = Self.line(disk.appending("queue/rotational")) else { continue }
            guard spins == "1", let number = Self.line(disk.appending("dev")) else { return [] }
            return [Disk(number: number)]
        }
        return []
    }

    /// What one of the kernel's small files says.
    private static func line(_ path: Path) -> String? {
        guard let bytes = try? FileDescriptor(path, .reading).bytes(upTo: 64) else { return nil }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
