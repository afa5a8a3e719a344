import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite struct PublishingTests {
    private func publishing(_ growing: GrowingFile, mapped: Bool = true) -> Publishing {
        Publishing(data: growing.data, expected: growing.expected(mapped: mapped))
    }

    private func publish(
        _ growing: GrowingFile, mapped: Bool = true, _ digests: [Digest]? = nil,
        _ change: (inout Publishing) -> Void = { _ in }
    ) throws -> Publishing.Outcome {
        var publishing = publishing(growing, mapped: mapped)
        change(&publishing)
        return try publishing.publish(
            digests: digests ?? [growing.md5], sources: ["swarm": 5],
            try growing.data.journals(boot: "boot"))
    }

    private func whole() throws -> GrowingFile {
        let growing = try GrowingFile()
        try growing.write(Array(0..<41))
        try growing.save(try growing.journal(Array(0..<41), isClean: false))
        return growing
    }

    @Test("a whole file gets its name, its length, its mode and a receipt that holds")
    func published() throws {
        let growing = try whole()
        let file = try FileDescriptor(growing.part, .updating)
        try file.write([1, 2, 3], at: growing.file.map.size)
        try file.setMode(0o600)
        try growing.folder.write("control", to: "data/tar/\(growing.name).aria2")
        guard case .published(let receipt, let notes) = try publish(growing) else {
            Issue.record("not published")
            return
        }
        #expect(notes.isEmpty)
        #expect(try growing.folder.read("data/tar/\(growing.name)") == growing.file.bytes)
        #expect(try growing.folder.names(in: "data/tar") == [".imagenet-fetch", growing.name])
        #expect(try growing.folder.names(in: "data/tar/.imagenet-fetch/journals").isEmpty)
        let final = try FileDescriptor(growing.final, .reading)
        #expect(try final.status().mode == 0o644)
        #expect(receipt.holds(for: try final.identity()))
        #expect(receipt.sources == ["swarm": 5])
        #expect(receipt.proof == .digests)
        #expect(try growing.data.receipts.load(growing.name) == .receipt(receipt))
    }

    @Test("without digests the pieces are the proof, without both the first use")
    func proofs() throws {
        let pieces = try whole()
        guard case .published(let one, _) = try publish(pieces, nil, { $0.expected.digests = [] })
        else {
            Issue.record("not published")
            return
        }
        #expect(one.proof == .pieces)
        let first = try whole()
        guard
            case .published(let two, _) = try publish(
                first, mapped: false, nil, { $0.expected.digests = [] })
        else {
            Issue.record("not published")
            return
        }
        #expect(two.proof == .firstUse)
        #expect(two.digests == [first.md5])
    }

    @Test("a mismatch keeps nothing under the final name; pieces that are right stay")
    func mismatch() throws {
        for mapped in [true, false] {
            let growing = try whole()
            let other = Hasher.digest(.md5, [1])
            guard case .mismatch(let error) = try publish(growing, mapped: mapped, [other]) else {
                Issue.record("published")
                return
            }
            #expect(error.code == .mismatch)
            #expect(error.message.contains(other.hex) && error.message.contains(growing.md5.hex))
            let found = try growing.data.look(for: growing.name, boot: "boot")
            #expect(found.final == nil)
            #expect((found.staging != nil) == mapped)
            #expect((found.journal != nil) == mapped)
            #expect(found.receipt == .none)
        }
    }

    @Test(
        "a disk that fails on the way leaves what was there, and the next try is as good",
        arguments: [SystemCall.open, .fchmod, .fsync, .renameat], [ENOSPC, EIO])
    func faults(_ call: SystemCall, _ code: CInt) throws {
        let growing = try whole()
        let fault = Fault(call, onPathsWith: growing.final.description, .failure(code))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { _ = try publish(growing) }
        }
        #expect(error?.code == (code == EIO ? .io : .noSpace))
        let found = try growing.data.look(for: growing.name, boot: "boot")
        #expect(found.final == nil && found.staging != nil)
        // What the disk has refused to keep is not believed any more.
        #expect((found.journal == nil) == (call == .fsync))
        guard case .published = try publish(growing) else {
            Issue.record("not published")
            return
        }
    }

    @Test("a receipt that cannot be written does not make the file less whole")
    func noReceipt() throws {
        let growing = try whole()
        let path = growing.data.receipts.path.description
        let fault = Fault(.pwrite, onPathsWith: path, .failure(ENOSPC))
        guard
            case .published(_, let notes) = try Faults.during([fault], { try publish(growing) })
        else {
            Issue.record("not published")
            return
        }
        #expect(notes.count == 1)
        #expect(try growing.data.look(for: growing.name).final != nil)
    }
}
