import ArchiveVerify
import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite struct TargetSearchTests {
    private func file(_ name: String, size: Int64? = nil) -> ManifestFile {
        ManifestFile(name: name, part: name, size: size, digests: [Hasher.digest(.md5, [])])
    }

    private func names(_ targets: [Target]) -> [String] {
        targets.map { ($0.isMissing ? "-" : "") + $0.file.name }
    }

    @Test("two levels deep, known names alone, links to files among them")
    func depth() throws {
        let folder = try TemporaryFolder()
        for path in ["a", "x", "tar/b", "tar/x", "tar/deep/c", ".hidden/c", "a.part"] {
            try folder.write(path, to: path)
        }
        #expect(symlink("tar/deep/c", folder["c"].description) == 0)
        #expect(symlink("nowhere", folder["d"].description) == 0)
        #expect(mkfifo(folder["e"].description, 0o600) == 0)
        try Folder(folder.path).publish("tar2", [])
        let known = KnownFiles(["a", "b", "c", "d", "e", "tar2"].map { file($0) })
        let targets = try TargetSearch(known: known).search([folder.path])
        #expect(names(targets) == ["a", "c", "tar2", "b"])
        #expect(targets.map(\.size) == [1, 10, 0, 5])
        // Named twice, verified once.
        let twice = try TargetSearch(known: known).search([folder.path, folder["a"]])
        #expect(names(twice) == ["a", "c", "tar2", "b"])
    }

    @Test("missing is what was chosen or listed, or has a receipt here, and nothing else")
    func missing() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "tar/a")
        let known = KnownFiles(["a", "b", "c", "d"].map { file($0) })
        #expect(names(try TargetSearch(known: known).search([folder.path])) == ["a"])
        let chosen = [file("a"), file("c")]
        let search = TargetSearch(known: known, chosen: chosen, required: chosen)
        let targets = try search.search([folder["tar"]])
        #expect(names(targets) == ["a", "-c"])
        #expect(targets.last?.path == folder["tar/c"])
        // Also when there is no such folder at all.
        #expect(names(try search.search([folder["absent"]])) == ["-a", "-c"])

        let identity = try FileDescriptor(folder["tar/a"], .reading).identity()
        let store = ReceiptStore(folder["tar/.imagenet-fetch/receipts"])
        for (name, proof) in [("b", Receipt.Proof.digests), ("d", .retired), ("x", .firstUse)] {
            try store.save(
                Receipt(
                    fileName: name, digests: [Hasher.digest(.md5, [])], identity: identity,
                    proof: proof))
        }
        #expect(
            names(try TargetSearch(known: known).search([folder.path])) == ["a", "-b", "-x"])
        #expect(
            names(
                try TargetSearch(known: known, knowsByReceipt: false).search([folder.path]))
                == ["a", "-b"])
        #expect(names(try search.search([folder["tar"]])) == ["a", "-c"])
    }

    @Test("a file that only its receipt knows is held against that")
    func byReceipt() throws {
        let folder = try TemporaryFolder()
        try folder.write("abc", to: "own.tar")
        let digests = [Hasher.digest(.sha256, Array("abc".utf8))]
        let identity = try FileDescriptor(folder["own.tar"], .reading).identity()
        try ReceiptStore(folder[".imagenet-fetch/receipts"]).save(
            Receipt(fileName: "own.tar", digests: digests, identity: identity, proof: .firstUse))
        for path in [folder.path, folder["own.tar"]] {
            let target = try #require(
                try TargetSearch(known: KnownFiles([ManifestFile]())).search([path]).first)
            #expect(target.file.digests == digests)
            #expect(target.file.size == 3)
        }
    }

    @Test("a named file that nothing knows is refused, with the one of its size")
    func unknown() throws {
        let folder = try TemporaryFolder()
        try folder.write("abc", to: "x.tar")
        let known = KnownFiles([file("a.tar", size: 3), file("b.tar", size: 4)])
        let error = #expect(throws: VerifyError.self) {
            try TargetSearch(known: known).search([folder["x.tar"]])
        }
        #expect(error?.code == .unknownFile)
        #expect(error?.hint?.contains("a.tar") == true)
        #expect(error?.hint?.contains("b.tar") == false)
        let nothing = #expect(throws: VerifyError.self) {
            try TargetSearch(known: known).search([folder.path])
        }
        #expect(nothing?.code == .nothingToVerify)
    }

    @Test("a path that leads nowhere is missing by a known name, and else a slip")
    func absent() throws {
        let folder = try TemporaryFolder()
        let known = KnownFiles([file("a.tar")])
        #expect(
            names(try TargetSearch(known: known).search([folder["deep/a.tar"]])) == ["-a.tar"])
        let error = #expect(throws: DiskError.self) {
            try TargetSearch(known: known).search([folder["b.tar"]])
        }
        #expect(error?.code == .notFound)
    }

    @Test("of two files of one name the one of this size is meant")
    func sameName() throws {
        let folder = try TemporaryFolder()
        try folder.write("abc", to: "a.tar")
        let known = KnownFiles([file("a.tar", size: 5), file("a.tar", size: 3)])
        let targets = try TargetSearch(known: known).search([folder.path])
        #expect(targets.map(\.file.size) == [3])
        try folder.write("", to: "a.tar")
        #expect(try TargetSearch(known: known).search([folder.path]).map(\.file.size) == [5])
    }
}
