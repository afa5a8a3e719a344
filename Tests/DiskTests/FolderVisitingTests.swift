import Disk
import Glibc
import Support
import Testing

@Suite struct FolderVisitingTests {
    @Test("every name is visited with its kind, and links are followed where that is asked for")
    func kinds() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", to: "file")
        try folder.write("", to: "inner/x")
        let script =
            "ln -s file link; ln -s /nowhere dead; ln -s round round; ln -s inner in; mkfifo p"
        #expect(try run("sh", ["-c", script], in: folder.path.description).status == 0)
        var seen: [String: FileStatus.Kind] = [:]
        var sizes: [String: Int64?] = [:]
        let opened = try Folder(folder.path)
        try opened.visit { item in
            let name = String(decoding: item.name, as: UTF8.self)
            seen[name] = item.kind
            let target = try item.target(in: opened.path)
            sizes.updateValue(target.map { $0.kind == .file ? $0.size : -1 }, forKey: name)
        }
        #expect(
            seen == [
                "file": .file, "inner": .folder, "link": .link, "dead": .link, "round": .link,
                "in": .link, "p": .other,
            ])
        #expect(sizes["file"] == 5 && sizes["link"] == 5 && sizes["in"] == -1)
        #expect(sizes["dead"] == .some(nil) && sizes["round"] == .some(nil))
    }

    @Test("what the visitor throws comes out, and a folder that cannot be read says so")
    func errors() throws {
        struct Enough: Error {}
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let opened = try Folder(folder.path)
        #expect(throws: Enough.self) { try opened.visit { _ in throw Enough() } }
        let fault = Fault(.readdir, onPathsWith: folder.path.description, .failure(EIO))
        Faults.during([fault]) {
            let error = #expect(throws: DiskError.self) { try opened.visit { _ in } }
            #expect(error?.code == .io)
        }
    }

    @Test("a folder has the same identity by every way to it, and no other one has")
    func identity() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "a/x")
        try folder.write("", to: "b/x")
        #expect(try run("ln", ["-s", "a", folder["link"].description]).status == 0)
        let a = try Folder(folder["a"]).identity()
        #expect(try Folder(folder["link"]).identity() == a)
        #expect(try Folder(folder["b"]).identity() != a)
    }
}
