import Disk
import Glibc
import Support
import Testing

@Suite struct FileDescriptorTests {
    @Test("what is written can be read, at any offset")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let file = try FileDescriptor(folder["a"], .creating)
        try file.write(Array("world".utf8), at: 5)
        try file.write(Array("hello".utf8), at: 0)
        try file.sync()
        try file.close()
        #expect(try folder.text("a") == "helloworld")
    }

    @Test("short reads and interrupted calls are gone on with")
    func shortReads() throws {
        let folder = try TemporaryFolder()
        try folder.write("0123456789", to: "a")
        let file = try FileDescriptor(folder["a"], .reading)
        let faults = [
            Fault(.pread, onPathsWith: folder["a"].description, times: 3, .short(2)),
            Fault(
                .pread, onPathsWith: folder["a"].description, after: 1, times: 2, .failure(EINTR)),
        ]
        var buffer = [UInt8](repeating: 0, count: 10)
        try Faults.during(faults) {
            try buffer.withUnsafeMutableBytes { try file.readFully($0, at: 0) }
        }
        #expect(String(decoding: buffer, as: UTF8.self) == "0123456789")
    }

    @Test("short writes are gone on with")
    func shortWrites() throws {
        let folder = try TemporaryFolder()
        let file = try FileDescriptor(folder["a"], .creating)
        let fault = Fault(.pwrite, onPathsWith: folder["a"].description, times: 5, .short(1))
        try Faults.during([fault]) { try file.write(Array("0123456789".utf8), at: 0) }
        try file.close()
        #expect(try folder.text("a") == "0123456789")
    }

    @Test("a full disk while writing says so and names the file")
    func noSpace() throws {
        let folder = try TemporaryFolder()
        let file = try FileDescriptor(folder["big"], .creating)
        let fault = Fault(.pwrite, onPathsWith: folder["big"].description, .failure(ENOSPC))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { try file.write([1, 2, 3], at: 0) }
        }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("big: no space left on device") == true)
        #expect(error?.hint?.contains("free some space") == true)
    }

    @Test(
        "causes are told in words that are none of a programmer's",
        arguments: [
            (EAGAIN, "another program is using it"), (EBUSY, "another program is using it"),
            (EXDEV, "it is on another file system"), (EDQUOT, "your disk quota is used up"),
            (ESTALE, "the file server does not know it any more"), (EIO, "input/output error"),
            (4321, "the system reports its error 4321"),
        ])
    func words(_ errno: CInt, _ words: String) throws {
        let folder = try TemporaryFolder()
        let fault = Fault(.open, onPathsWith: folder["x"].description, .failure(errno))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { _ = try FileDescriptor(folder["x"], .creating) }
        }
        #expect(error?.message.hasSuffix("/x: \(words)") == true, "\(error?.message ?? "")")
    }

    @Test("a disk fault is told from other errors, when reading and when closing")
    func ioError() throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let name = folder["a"].description
        let file = try FileDescriptor(folder["a"], .reading)
        var buffer: [UInt8] = [0]
        let reading = #expect(throws: DiskError.self) {
            try Faults.during([Fault(.pread, onPathsWith: name, .failure(EIO))]) {
                try buffer.withUnsafeMutableBytes { try file.readFully($0, at: 0) }
            }
        }
        #expect(reading?.code == .io)
        let closing = #expect(throws: DiskError.self) { try closingFails(folder["a"]) }
        #expect(closing?.message.hasPrefix("cannot finish writing") == true)
    }

    private func closingFails(_ path: Path) throws {
        let file = try FileDescriptor(path, .updating)
        let faults = Faults.planned([Fault(.close, onPathsWith: path.description, .failure(EIO))])
        defer { faults.end() }
        try file.close()
    }

    @Test("a file that ends too early is an error with the offset")
    func endOfFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", to: "a")
        let file = try FileDescriptor(folder["a"], .reading)
        var buffer = [UInt8](repeating: 0, count: 8)
        let error = #expect(throws: DiskError.self) {
            try buffer.withUnsafeMutableBytes { try file.readFully($0, at: 2) }
        }
        #expect(error?.code == .endOfFile)
        #expect(error?.message.contains("byte 5") == true)
    }

    @Test("folders, pipes and missing files are refused by name")
    func refusals() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder["pipe"].description, 0o600) == 0)
        #expect(symlink("nowhere", folder["link"].description) == 0)
        func code(_ name: String, _ access: FileDescriptor.Access) -> DiskError.Code? {
            do {
                _ = try FileDescriptor(folder[name], access)
                return nil
            } catch { return error.code }
        }
        #expect(code("", .reading) == .isAFolder)
        #expect(code("pipe", .reading) == .notAFile)
        #expect(code("absent", .reading) == .notFound)
        #expect(code("link", .creating) == .exists)
        #expect(code("link", .openingOrCreating) == .isALink)
        #expect(try folder.names() == ["link", "pipe"])
    }

    @Test("the identity changes when the file is written, replaced or relinked")
    func identity() throws {
        let folder = try TemporaryFolder()
        try folder.write("one", to: "a")
        let before = try FileDescriptor(folder["a"], .reading).identity()
        #expect(try FileDescriptor(folder["a"], .reading).identity() == before)
        let file = try FileDescriptor(folder["a"], .updating)
        try file.write(Array("two".utf8), at: 0)
        #expect(try file.identity() != before)
        try folder.write("one", to: "a")
        #expect(try FileDescriptor(folder["a"], .reading).identity().inode != before.inode)
    }

    @Test("space is reserved where the file system can, and the file is sparse elsewhere")
    func reserve() throws {
        let folder = try TemporaryFolder()
        let file = try FileDescriptor(folder["a"], .creating)
        #expect(try file.reserve(1 << 20) == .allocated)
        #expect(try file.status().allocated >= 1 << 20)
        let other = try FileDescriptor(folder["b"], .creating)
        let fault = Fault(.fallocate, onPathsWith: folder["b"].description, .failure(EOPNOTSUPP))
        let reservation = try Faults.during([fault]) { try other.reserve(1 << 20) }
        #expect(reservation == .sparse)
        #expect(try other.status().size == 1 << 20)
        #expect(try other.status().allocated == 0)
        let full = Fault(.fallocate, onPathsWith: folder["b"].description, .failure(ENOSPC))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([full]) { try other.reserve(2 << 20) }
        }
        #expect(error?.code == .noSpace)
    }

    @Test(
        "in memory nothing is reserved, for it would be cleared page by page",
        .enabled(if: (try? Folder("/dev/shm")) != nil))
    func reserveInMemory() throws {
        let name = "imagenet-fetch-test-\(getpid())"
        let file = try FileDescriptor(Path("/dev/shm").appending(name), .creating)
        defer { unlink("/dev/shm/" + name) }
        #expect(try file.reserve(1 << 20) == .sparse)
        #expect(try file.status().allocated == 0)
    }

    @Test("contents are bounded, and files that hide their size are read too")
    func contents() throws {
        let folder = try TemporaryFolder()
        try folder.write([UInt8](repeating: 7, count: 5000), to: "a")
        #expect(try FileDescriptor(folder["a"], .reading).contents(limit: 5000).count == 5000)
        #expect(throws: DiskError.self) {
            try FileDescriptor(folder["a"], .reading).contents(limit: 4999)
        }
        #expect(try !FileDescriptor("/proc/self/status", .reading).contents(limit: 1 << 20).isEmpty)
    }
}
