import Glibc
import Support
import Testing

@testable import Disk

/// Two machines and one folder: what their locks say of each other.
@Suite struct LockOwnerTests {
    private static let here = LockOwner(
        host: "node01", process: 17, since: "2026-11-30T07:00:00Z", boot: "a")
    private static let there = LockOwner(
        host: "node03", process: 4711, since: "2026-11-29T06:00:00Z", boot: "b")

    /// A table in which the folder lies on NFS.
    private func mounts(_ path: Path, _ options: String) throws -> MountTable {
        let device = DeviceNumber(try FileDescriptor(path, .reading).rawStatus().st_dev)
        return MountTable("1 2 \(device.major):\(device.minor) / / rw - nfs srv:/x \(options)")
    }

    @Test("a held lock names its owner, and a released one nobody")
    func named() throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        do {
            let held = try FileLock(path, as: Self.there, on: MountTable(""))
            #expect(try LockOwner(decoding: folder.read("lock")) == Self.there)
            let error = #expect(throws: DiskError.self) {
                _ = try FileLock(path, as: Self.here, on: MountTable(""))
            }
            #expect(error?.code == .busy)
            #expect(
                error?.message == "cannot lock \(path): another run is using it "
                    + "(process 4711 on node03, since 2026-11-29T06:00:00Z)")
            // Nothing of this machine can break it, only a person who knows that node03 is dead.
            let hint = try #require(error?.hint?.description)
            #expect(hint.contains("if node03 has crashed") && hint.contains("remove \(path)"))
            #expect(try LockOwner(decoding: folder.read("lock")) == Self.there)
            _ = consume held
        }
        #expect(try folder.read("lock").isEmpty)
        // On one machine the kernel knows who is dead.
        let held = try FileLock(path)
        let error = #expect(throws: DiskError.self) { _ = try FileLock(path) }
        #expect(error?.message.contains("process \(getpid()) on ") == true)
        #expect(error?.hint?.description == "wait until that run ends")
        withExtendedLifetime(held) {}
    }

    @Test("a look at a lock names nobody, and neither do shared ones")
    func unnamed() throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        _ = try FileLock(path, isNoted: false)
        #expect(try folder.read("lock").isEmpty)
        // A killed run's text would be taken for that of whoever shares the lock.
        try folder.write(Self.here.encoded, to: "lock")
        let shared = try FileLock(path, isShared: true, as: Self.here, on: MountTable(""))
        #expect(try folder.read("lock").isEmpty)
        let error = #expect(throws: DiskError.self) { _ = try FileLock(path) }
        #expect(error == .busy(path))
        withExtendedLifetime(shared) {}
    }

    @Test("a file with other contents can be a lock, and keeps them")
    func otherContents() throws {
        let folder = try TemporaryFolder()
        try folder.write("{\"schema\": 1}\n", to: "done.json")
        do {
            let held = try FileLock(folder["done.json"])
            #expect(throws: DiskError.busy(folder["done.json"])) {
                _ = try FileLock(folder["done.json"])
            }
            _ = consume held
        }
        #expect(try folder.text("done.json") == "{\"schema\": 1}\n")
    }

    @Test("without room for the name the lock is held all the same", arguments: [ENOSPC, EIO])
    func noRoom(_ code: CInt) throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        let fault = Fault(.pwrite, onPathsWith: path.description, .failure(code))
        let held = try Faults.during([fault]) { try FileLock(path) }
        #expect(throws: DiskError.busy(path)) { _ = try FileLock(path) }
        withExtendedLifetime(held) {}
    }

    @Test(
        "a lock that another machine may have is never taken where its locks cannot be seen",
        arguments: ["rw,local_lock=all", "rw,local_lock=flock", "rw,nolock"])
    func localLocks(_ options: String) throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        try folder.write(Self.there.encoded, to: "lock")
        let table = try mounts(path, options)
        for isShared in [true, false] {
            let error = #expect(throws: DiskError.self) {
                _ = try FileLock(path, isShared: isShared, as: Self.here, on: table)
            }
            #expect(error?.code == .perhapsBusy)
            #expect(error?.message.contains("process 4711 on node03, since 2026-11-29") == true)
            #expect(error?.message.contains("(nfs, \(options.dropFirst(3)))") == true)
            #expect(error?.hint?.description.contains("remove \(path)") == true)
            // It still says so to the next.
            #expect(try LockOwner(decoding: folder.read("lock")) == Self.there)
        }
        // The way on.
        unlink(path.description)
        let held = try FileLock(path, as: Self.here, on: table)
        #expect(held.leftBy == nil)
        #expect(try LockOwner(decoding: folder.read("lock")) == Self.here)
    }

    @Test("where machines see each other's locks, a free one is taken, and that is known")
    func left() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.there.encoded, to: "lock")
        let table = try mounts(folder["lock"], "rw,local_lock=none")
        let held = try FileLock(folder["lock"], as: Self.here, on: table)
        #expect(held.leftBy == Self.there)
    }

    @Test(
        "this machine's own locks are seen, whatever they are called",
        arguments: [("node01", "z"), ("container", "a")])
    func sameMachine(_ host: String, _ boot: String) throws {
        let folder = try TemporaryFolder()
        let killed = LockOwner(host: host, process: 3, since: "2026-11-29T06:00:00Z", boot: boot)
        try folder.write(killed.encoded, to: "lock")
        let table = try mounts(folder["lock"], "rw,nolock")
        let held = try FileLock(folder["lock"], as: Self.here, on: table)
        #expect(held.leftBy == nil)
    }

    @Test(
        "a file system without locks is told apart from a busy one",
        arguments: [ENOLCK, EOPNOTSUPP, ENOSYS])
    func noLocks(_ code: CInt) throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        let error = #expect(throws: DiskError.self) {
            try Faults.during([Fault(.flock, onPathsWith: path.description, .failure(code))]) {
                _ = try FileLock(path)
            }
        }
        #expect(error?.code == .noLocks && error?.errno == code)
        #expect(error?.hint?.description.contains("does not support locks") == true)
        #expect(error?.hint?.description.contains("only one machine") == true)
    }

    @Test("half of a text, or another one, names nobody")
    func text() {
        let bytes = Self.there.encoded
        #expect(LockOwner(decoding: bytes) == Self.there)
        for count in 0..<bytes.count {
            #expect(LockOwner(decoding: Array(bytes[..<count])) == nil)
            #expect(LockOwner.mayReplace(Array(bytes[..<count])) == (count == 0 || count > 20))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        for (from, to) in [("4711", "-1"), ("node03", "\u{1B}[2J"), ("lock 1", "lock 2")] {
            #expect(LockOwner(decoding: Array(text.replacing(from, with: to).utf8)) == nil)
        }
        let now = LockOwner.current
        #expect(LockOwner(decoding: now.encoded) == now)
    }
}
