import Testing

@testable import Disk

@Suite struct MountTableTests {
    private static func line(_ device: String, _ rest: String) -> String {
        "68 29 \(device) / /shared\\040disk rw,relatime shared:33 master:2 - \(rest)"
    }

    @Test(
        "options that keep the locks of a shared file system on one machine are found",
        arguments: [
            ("nfs4 srv:/x rw,vers=4.2,hard,local_lock=none,addr=10.0.0.1", nil, nil),
            ("nfs srv:/x rw,vers=3,local_lock=all,addr=10.0.0.1", "nfs, local_lock=all", true),
            ("nfs srv:/x rw,vers=3,local_lock=flock", "nfs, local_lock=flock", true),
            // flock(2) goes to the server there.
            ("nfs srv:/x rw,vers=3,local_lock=posix", nil, nil),
            ("nfs srv:/x rw,vers=3,nolock,local_lock=none", "nfs, nolock", true),
            ("lustre 10.0.0.2@o2ib:/scratch rw,flock,lazystatfs", nil, nil),
            ("lustre 10.0.0.2@o2ib:/scratch rw,localflock", "lustre, localflock", false),
            ("cifs //srv/x rw,vers=3.1.1,nobrl", "cifs, nobrl", false),
            ("ext4 /dev/vda rw,nolock", nil, nil), ("nfs4 srv:/x", nil, nil), ("", nil, nil),
        ] as [(String, String?, Bool?)])
    func options(_ rest: String, _ wanted: String?, _ isNFS: Bool?) {
        let table = MountTable(
            [
                Self.line("0:40", "nfs srv:/other rw,nolock"), "nonsense", "",
                Self.line("0:41", rest),
            ].joined(separator: "\n"))
        let found = table.localLocks(on: DeviceNumber(major: 0, minor: 41))
        #expect(found?.description == wanted)
        if let isNFS { #expect(found?.cure.contains("local_lock=none") == isNFS) }
    }

    @Test("the mounts of this process are readable, and an unknown device says nothing")
    func current() {
        #expect(MountTable.current.localLocks(on: DeviceNumber(major: 9999, minor: 1)) == nil)
        #expect(DeviceNumber(0x1234_5678_9ABC) == DeviceNumber(major: 0x189A, minor: 0x2345_67BC))
    }
}
