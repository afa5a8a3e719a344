import Disk
import Glibc
import Support
import Testing

@Suite struct PublishTests {
    @Test("a file appears with its name and mode when all of it is there")
    func publish() throws {
        let temporary = try TemporaryFolder()
        let folder = try Folder(temporary.path)
        try folder.publish("a", mode: 0o640) { file in
            try file.write(Array("first".utf8), at: 0)
            #expect(try folder.status("a") == nil)
        }
        try folder.publish("a", Array("second".utf8))
        #expect(try temporary.text("a") == "second")
        #expect(try temporary.names() == ["a"])
    }

    @Test(
        "a fault at any step leaves the old file and nothing else",
        arguments: [
            SystemCall.open, .pwrite, .fsync, .close, .renameat,
        ])
    func faults(_ call: SystemCall) throws {
        let temporary = try TemporaryFolder()
        try temporary.write("old", to: "a")
        let folder = try Folder(temporary.path)
        let fault = Fault(call, onPathsWith: temporary.path.description, .failure(ENOSPC))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { try folder.publish("a", Array("new".utf8)) }
        }
        #expect(error?.code == .noSpace)
        #expect(try temporary.text("a") == "old")
        #expect(try temporary.names() == ["a"])
    }

    @Test("what a killed run has left does not stand in the way, not even a link")
    func leftovers() throws {
        let temporary = try TemporaryFolder()
        try temporary.write("precious", to: "other")
        #expect(symlink("other", temporary[".a.new"].description) == 0)
        try Folder(temporary.path).publish("a", Array("x".utf8))
        #expect(try temporary.names() == ["a", "other"])
        #expect(try temporary.text("other") == "precious")
    }
}

@Suite struct NamedFileTests {
    @Test("a named file is made with its folders, and replaced where it is a plain one")
    func writes() throws {
        let temporary = try TemporaryFolder()
        let file = try NamedFile(temporary["new/page"])
        try file.publish(Array("first".utf8))
        try file.publish { try $0.write(Array("second".utf8), at: 0) }
        #expect(try temporary.text("new/page") == "second")
        #expect(try temporary.names(in: "new") == ["page"])
    }

    @Test(
        "what is no plain file is refused and stays what it is",
        arguments: ["pipe", "folder", "to-plain", "to-pipe", "to-nothing"])
    func refused(_ name: String) throws {
        let temporary = try TemporaryFolder()
        try temporary.write("mine", to: "plain")
        try temporary.write("", to: "folder/x")
        #expect(mkfifo(temporary["pipe"].description, 0o600) == 0)
        #expect(symlink("plain", temporary["to-plain"].description) == 0)
        #expect(symlink("pipe", temporary["to-pipe"].description) == 0)
        #expect(symlink("nothing", temporary["to-nothing"].description) == 0)
        let before = try temporary.names()
        let kind = try Folder(temporary.path).status(Path(name))?.kind
        let error = #expect(throws: DiskError.self) { try NamedFile(temporary[name]) }
        #expect(error?.code == .notAFile)
        #expect(error?.message.contains(name) == true)
        #expect(try Folder(temporary.path).status(Path(name))?.kind == kind)
        #expect(try temporary.names() == before)
        #expect(try temporary.text("plain") == "mine")
    }

    @Test("what has come there since is refused too")
    func came() throws {
        let temporary = try TemporaryFolder()
        let file = try NamedFile(temporary["a"])
        #expect(mkfifo(temporary["a"].description, 0o600) == 0)
        #expect(throws: DiskError.self) { try file.publish([]) }
        #expect(try temporary.names() == ["a"])
    }
}

@Suite struct FileLockTests {
    @Test("the second to ask is told that it is busy, until the first lets go")
    func exclusive() throws {
        let temporary = try TemporaryFolder()
        func attempt() -> DiskError.Code? {
            do {
                _ = try FileLock(temporary["lock"])
                return nil
            } catch { return error.code }
        }
        do {
            let lock = try FileLock(temporary["lock"])
            #expect(attempt() == .busy)
            _ = consume lock
        }
        #expect(attempt() == nil)
    }

    @Test("a lock dies with the process that held it")
    func dies() throws {
        let temporary = try TemporaryFolder()
        let name = temporary["lock"].description
        let held = try run("flock", ["-n", name, "true"])
        #expect(held.status == 0)
        let lock = try FileLock(temporary["lock"])
        #expect(try run("flock", ["-n", name, "true"]).status == 1)
        _ = consume lock
    }

    @Test("a file and a folder are claimed where they are, and where there are no locks not at all")
    func claims() throws {
        let temporary = try TemporaryFolder()
        try temporary.write("x", to: "file")
        let first = try FileDescriptor(temporary["file"], .updating)
        try first.claim()
        // Once more is no harm.
        try first.claim()
        let second = try FileDescriptor(temporary["file"], .updating)
        #expect(throws: DiskError.busy(temporary["file"])) { try second.claim() }
        try first.close()
        try second.claim()
        let held = try FolderLock(temporary.path)
        #expect(throws: DiskError.busy(temporary.path)) {
            _ = try FolderLock(temporary.path)
        }
        let third = try FileDescriptor(temporary["file"], .updating)
        let path = temporary.path.description
        for code in [ENOLCK, EOPNOTSUPP, ENOSYS, EBADF, EINVAL] {
            try Faults.during([Fault(.flock, onPathsWith: path, times: 2, .failure(code))]) {
                try third.claim()
                _ = try FolderLock(temporary.path)
            }
        }
        #expect(try Folder(temporary.path).leads("file", to: third))
        try temporary.write("y", to: "file")
        #expect(try !Folder(temporary.path).leads("file", to: third))
        #expect(try !Folder(temporary.path).leads("other", to: third))
        withExtendedLifetime(held) {}
        withExtendedLifetime(second) {}
    }
}
