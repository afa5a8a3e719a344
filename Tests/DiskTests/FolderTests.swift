import Disk
import Glibc
import Support
import Testing

@Suite struct FolderTests {
    @Test("folders are made as deep as they are asked for")
    func creating() throws {
        let temporary = try TemporaryFolder()
        _ = try Folder.creating(temporary["a/b/c"])
        #expect(try temporary.names(in: "a/b") == ["c"])
        let folder = try Folder(temporary.path)
        _ = try folder.folder("x/y", creating: true)
        #expect(try folder.status("x/y")?.kind == .folder)
    }

    @Test("the nearest folder is the one itself, or the first one above that exists")
    func nearest() throws {
        let temporary = try TemporaryFolder()
        #expect(try Folder.nearest(to: temporary.path).path == temporary.path)
        #expect(try Folder.nearest(to: temporary["a/b/c"]).path == temporary.path)
        try temporary.write("", to: "file")
        #expect(throws: DiskError.self) { _ = try Folder.nearest(to: temporary["file"]) }
    }

    @Test(
        "names that lead elsewhere are refused",
        arguments: ["../a", "a/../b", "/etc/a", "..", "", "."])
    func unsafeNames(_ name: String) throws {
        let temporary = try TemporaryFolder()
        let folder = try Folder(temporary.path)
        let error = #expect(throws: DiskError.self) { _ = try folder.file(Path(name), .creating) }
        #expect(error?.code == .unsafeName)
        #expect(try temporary.names().isEmpty)
    }

    @Test("no link is followed: not at the end, not on the way")
    func links() throws {
        let temporary = try TemporaryFolder()
        let outside = try TemporaryFolder()
        try outside.write("safe", to: "target")
        let folder = try Folder(temporary.path)
        #expect(symlink(outside.path.description, temporary["way"].description) == 0)
        #expect(symlink(outside["target"].description, temporary["end"].description) == 0)
        let way = #expect(throws: DiskError.self) { _ = try folder.file("way/new", .creating) }
        #expect(way?.code == .isALink)
        let making = #expect(throws: DiskError.self) {
            _ = try folder.folder("way/x", creating: true)
        }
        #expect(making?.code == .isALink)
        for access in [FileDescriptor.Access.reading, .updating, .openingOrCreating] {
            let end = #expect(throws: DiskError.self) { _ = try folder.file("end", access) }
            #expect(end?.code == .isALink)
        }
        #expect(try outside.names() == ["target"])
        #expect(try outside.text("target") == "safe")
    }

    @Test("a folder swapped for a link after it was opened changes nothing")
    func swapped() throws {
        let temporary = try TemporaryFolder()
        let outside = try TemporaryFolder()
        let root = try Folder(temporary.path)
        let inner = try root.folder("inner", creating: true)
        #expect(rename(temporary["inner"].description, temporary["moved"].description) == 0)
        #expect(symlink(outside.path.description, temporary["inner"].description) == 0)
        try inner.publish("a", Array("x".utf8))
        #expect(try outside.names().isEmpty)
        #expect(try temporary.text("moved/a") == "x")
    }

    @Test("entries come sorted by bytes, with their kinds")
    func entries() throws {
        let temporary = try TemporaryFolder()
        try temporary.write("", to: "b")
        try temporary.write("", to: "a/x")
        #expect(symlink("b", temporary["B"].description) == 0)
        let entries = try Folder(temporary.path).entries()
        #expect(entries.map(\.name.description) == ["B", "a", "b"])
        #expect(entries.map(\.kind) == [.link, .folder, .file])
    }

    @Test("a tree counts as removed where NFS keeps its open lock, and nowhere else")
    func removeTreeOnNFS() throws {
        let temporary = try TemporaryFolder()
        let tree = try Folder(temporary.path)
        for name in [".nfs000000a1", "lock"] { try temporary.write("", to: "t/\(name)") }
        let kept = temporary["t/.nfs000000a1"].description
        try Faults.during([Fault(.unlinkat, onPathsWith: kept, .failure(EBUSY))]) {
            try tree.removeTree("t")
        }
        #expect(try temporary.names(in: "t") == [".nfs000000a1"])
        let other = Fault(
            .unlinkat, onPathsWith: temporary["t"].description, after: 1, .failure(ENOTEMPTY))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([other]) { try tree.removeTree("t") }
        }
        #expect(error?.code == .exists)
        try tree.removeTree("t")
        #expect(try temporary.names().isEmpty)
    }

    @Test("a tree is removed with its links, and what they point to stays")
    func removeTree() throws {
        let temporary = try TemporaryFolder()
        let outside = try TemporaryFolder()
        try outside.write("keep", to: "keep")
        try temporary.write("", to: "t/a/b/c")
        #expect(symlink(outside.path.description, temporary["t/a/link"].description) == 0)
        try Folder(temporary.path).removeTree("t")
        #expect(try temporary.names().isEmpty)
        #expect(try outside.names() == ["keep"])
    }

    @Test("free bytes and inodes are those that df shows")
    func freeSpace() throws {
        let free = try Folder("/tmp").freeSpace()
        let said = try run("df", ["-B1", "--output=avail", "/tmp"]).output
        let expected = said.split(separator: "\n").last.flatMap { Int64($0.filter(\.isNumber)) }
        // Others write meanwhile.
        #expect(abs(free.bytes - (expected ?? 0)) < 1 << 30)
        #expect((free.inodes ?? 1) > 0)
    }
}
