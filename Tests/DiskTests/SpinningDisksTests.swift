import Disk
import Support
import Testing

/// Which disks have heads that move, by a kernel made of folders.
@Suite struct SpinningDisksTests {
    private let system: HeldFolder

    init() throws { system = try HeldFolder() }

    /// What the kernel shows of a disk, its partitions, and volumes on them.
    private func device(
        _ number: String, _ place: String, spins: Bool?, on slaves: [String] = []
    ) throws {
        let folder = try Folder.creating(system.path.appending("devices/\(place)"))
        try folder.publish("dev", Array("\(number)\n".utf8))
        if let spins {
            try Folder.creating(folder.path.appending("queue"))
                .publish("rotational", Array(spins ? "1\n".utf8 : "0\n".utf8))
        }
        let below = try Folder.creating(folder.path.appending("slaves"))
        for slave in slaves {
            let target = system.path.appending("devices/\(slave)")
            try below.makeSymbolicLink(target.lastComponent, to: target)
        }
        try Folder.creating(system.path.appending("dev/block"))
            .makeSymbolicLink(Path(number), to: Path("../../devices/\(place)"))
    }

    private func disks(_ major: UInt32, _ minor: UInt32) -> Set<SpinningDisks.Disk> {
        SpinningDisks(system: system.path).disks(ofDevice: major, minor)
    }

    @Test("a disk spins where the kernel says so, and all its partitions are one disk")
    func partitions() throws {
        try device("8:0", "pci/sda", spins: true)
        try device("8:1", "pci/sda/sda1", spins: nil)
        try device("8:2", "pci/sda/sda2", spins: nil)
        try device("8:16", "pci/sdb", spins: true)
        try device("259:0", "pci/nvme0n1", spins: false)
        try device("259:1", "pci/nvme0n1/nvme0n1p1", spins: nil)
        #expect(disks(8, 0).count == 1)
        #expect(disks(8, 1) == disks(8, 0) && disks(8, 2) == disks(8, 0))
        #expect(disks(8, 16).count == 1 && disks(8, 16) != disks(8, 0))
        #expect(disks(259, 0).isEmpty && disks(259, 1).isEmpty)
    }

    @Test("a volume lies on the disks below it, however deep they are")
    func volumes() throws {
        try device("8:0", "pci/sda", spins: true)
        try device("8:1", "pci/sda/sda1", spins: nil)
        try device("8:16", "pci/sdb", spins: true)
        try device("259:0", "pci/nvme0n1", spins: false)
        try device("9:0", "virtual/md0", spins: true, on: ["pci/sda/sda1", "pci/sdb"])
        try device("253:0", "virtual/dm-0", spins: true, on: ["virtual/md0"])
        try device("253:1", "virtual/dm-1", spins: true, on: ["pci/nvme0n1"])
        #expect(disks(253, 0) == disks(8, 0).union(disks(8, 16)))
        #expect(disks(253, 0).count == 2 && disks(9, 0) == disks(253, 0))
        #expect(disks(253, 1).isEmpty)
    }

    @Test("what is unknown, has no device, or leads around in a circle, has no heads")
    func unknown() throws {
        try device("253:0", "virtual/dm-0", spins: true, on: ["virtual/dm-1"])
        try device("253:1", "virtual/dm-1", spins: true, on: ["virtual/dm-0"])
        try device("8:0", "pci/sda", spins: nil)
        #expect(disks(253, 0).isEmpty && disks(8, 0).isEmpty && disks(7, 7).isEmpty)
        #expect(disks(0, 42).isEmpty)
        #expect(SpinningDisks(system: "/nonexistent").disks(ofDevice: 8, 0).isEmpty)
        #expect(SpinningDisks(system: system.path).disks(of: "/nonexistent").isEmpty)
    }

    @Test("a file is asked for by the device that it lies on, through links")
    func files() throws {
        let file = try system.file("file", [1])
        try Folder(system.path).makeSymbolicLink("link", to: file)
        let shown = try run("stat", ["-c", "%Hd:%Ld", file.description]).output
        let number = String(shown.prefix { $0 != "\n" })
        // In memory there is no device.
        if number.hasPrefix("0:") { return }
        try device(number, "pci/sda", spins: true)
        let disks = SpinningDisks(system: system.path)
        #expect(disks.disks(of: file).count == 1)
        #expect(disks.disks(of: system.path.appending("link")) == disks.disks(of: file))
    }
}
