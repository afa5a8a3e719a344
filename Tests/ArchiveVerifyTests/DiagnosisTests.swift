import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import ArchiveVerify

@Suite struct DiagnosisTests {
    private func only(_ results: [Verification]) throws -> Verification {
        try #require(results.count == 1)
        return results[0]
    }

    @Test("a file of another size is told by its size alone, without reading it")
    func sizes() throws {
        for (size, diagnosis, range) in [
            (70_000, Diagnosis.cutShort(70_000, of: 90_000), 70_000..<90_000),
            (0, .cutShort(0, of: 90_000), 0..<90_000),
            (90_001, .tooLong(90_001, of: 90_000), 90_000..<90_001),
        ] as [(Int, Diagnosis, Range<Int64>)] {
            let rig = try VerifyRig()
            try rig.add("a.tar", VerifyRig.bytes(90_000))
            try rig.folder.write(VerifyRig.bytes(size), to: "a.tar")
            let result = try only(
                try rig.verify(progress: { _ in
                    Issue.record("it was read")
                }))
            #expect(result.status == .failed)
            #expect(result.diagnosis == diagnosis)
            #expect(result.damage.map(\.range) == [range])
        }
    }

    @Test("without a size in the manifest the receipt of the right file knows it")
    func sizeOfReceipt() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000), withSize: false)
        #expect(try only(try rig.verify()).status == .ok)
        try rig.folder.write(VerifyRig.bytes(80_000), to: "a.tar")
        #expect(try only(try rig.verify()).diagnosis == .cutShort(80_000, of: 90_000))
    }

    @Test(
        "a web page under an archive's name",
        arguments: [
            "<!DOCTYPE html><p>Log in", "\u{FEFF}\r\n  <HTML>", "<!doctype HTML PUBLIC \"-//W3C",
        ])
    func html(_ page: String) throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000))
        try rig.folder.write(page, to: "a.tar")
        #expect(try only(try rig.verify()).diagnosis == .htmlPage)
    }

    @Test("a compressed archive that was unpacked on the way")
    func gunzipped() throws {
        var tar = TarBytes()
        tar.add("a.txt", "text")
        tar.end()
        for name in ["a.tar.gz", "a.tgz"] {
            let rig = try VerifyRig()
            try rig.add(name, tar.gzipped)
            #expect(try only(try rig.verify()).status == .ok)
            try rig.folder.write(tar.bytes, to: name)
            #expect(try only(try rig.verify()).diagnosis == .gunzipped)
        }
        // A plain archive is a tar by right.
        let rig = try VerifyRig()
        let size = Int64(tar.bytes.count)
        try rig.add("a.tar", tar.bytes)
        try rig.folder.write(tar.bytes + [0], to: "a.tar")
        #expect(try only(try rig.verify()).diagnosis == .tooLong(size + 1, of: size))
    }

    @Test("another known file under this name, of the same size or of its own")
    func otherFile() throws {
        for size in [50_000, 60_000] {
            let rig = try VerifyRig()
            let other = VerifyRig.bytes(60_000, seed: 2)
            try rig.add("a.tar", VerifyRig.bytes(size))
            try rig.add("b.tar", other, [.md5, .sha256])
            try rig.folder.write(other, to: "a.tar")
            let results = try rig.verify()
            #expect(results[0].diagnosis == .otherFile("b.tar"))
            #expect(results[1].status == .ok)
        }
        // The size alone does not make it another one.
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(50_000))
        try rig.add("b.tar", VerifyRig.bytes(60_000, seed: 2))
        try rig.folder.write(VerifyRig.bytes(60_000, seed: 3), to: "a.tar")
        #expect(try rig.verify()[0].diagnosis == .tooLong(60_000, of: 50_000))
    }

    @Test("digests that differ are named where there is no map")
    func otherDigests() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000), [.md5, .sha256])
        try rig.overwrite("a.tar", [1, 2, 3], at: 5)
        let result = try only(try rig.verify())
        #expect(result.diagnosis == .otherDigests(rig.known[0].digests))
        #expect(
            result.diagnosis?.sentence == "its md5 and sha256 are not what it should be")
        #expect(result.digests.count == 2)
    }

    @Test("a sector that cannot be read is named, and the rest is read all the same")
    func unreadable() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(3 << 20)
        try rig.add("faulty-sector.tar", bytes)
        let map = try VerifyRig.map(of: bytes, pieceLength: 1 << 20)
        // The second read of 256 KiB fails, and then the first of its four parts.
        let fault = Fault(
            .pread, onPathsWith: rig.folder["faulty-sector.tar"].description, after: 1, times: 2,
            .failure(EIO))
        for pieces in [nil, map] {
            let result = try Faults.during([fault]) {
                try only(try rig.verify(.on(threads: 1), pieces: pieces))
            }
            #expect(result.status == .unreadable)
            let gap: Range<Int64> = 256 << 10..<320 << 10
            #expect(result.diagnosis == .unreadable([gap]))
            #expect(result.damage.map(\.range) == [pieces == nil ? gap : 0..<1 << 20])
            #expect(result.actual.isEmpty)
            #expect(try rig.receipt(of: "faulty-sector.tar") == nil)
        }
        // A fault that does not come again is none.
        let passing = Fault(
            .pread, onPathsWith: rig.folder["faulty-sector.tar"].description, after: 1,
            .failure(EIO))
        let result = try Faults.during([passing]) {
            try only(try rig.verify(.on(threads: 1), pieces: map))
        }
        #expect(result.status == .ok)
    }

    @Test("a disk that does not give a file any more takes its receipt's word from it")
    func unreadableReceipt() throws {
        let rig = try VerifyRig()
        try rig.add("dying.tar", VerifyRig.bytes(90_000))
        _ = try rig.verify()
        let fault = Fault(
            .pread, onPathsWith: rig.folder["dying.tar"].description, times: 2, .failure(EIO))
        let result = try Faults.during([fault]) { try only(try rig.verify(.on(threads: 1))) }
        #expect(result.status == .unreadable)
        let receipt = try #require(try rig.receipt(of: "dying.tar"))
        #expect(receipt.digests == rig.known[0].digests)
        #expect(
            !receipt.holds(for: try FileDescriptor(rig.folder["dying.tar"], .reading).identity()))
    }

    @Test("any other fault of a read ends that file, and not the others")
    func failure() throws {
        let rig = try VerifyRig()
        try rig.add("a-odd.tar", VerifyRig.bytes(90_000))
        try rig.add("b.tar", VerifyRig.bytes(90_000))
        let fault = Fault(
            .pread, onPathsWith: rig.folder["a-odd.tar"].description, .failure(ENOMEM))
        let results = try Faults.during([fault]) { try rig.verify() }
        #expect(results.map(\.status) == [.unreadable, .ok])
        guard case .cannotRead(let error)? = results[0].diagnosis else {
            Issue.record("\(String(describing: results[0].diagnosis))")
            return
        }
        #expect(error.errno == ENOMEM)
        #expect(try rig.receipt(of: "a-odd.tar") == nil)
    }

    @Test("a file that shrinks while it is read is no proof and no crash")
    func shrinks() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(20 << 20))
        let path = rig.folder["a.tar"]
        let result = try only(
            try rig.verify(
                .on(threads: 1),
                progress: { _ in
                    try? FileDescriptor(path, .updating).truncate(to: 5 << 20)
                }))
        #expect(result.status == .failed)
        #expect(result.diagnosis == .shrank(at: 5 << 20))
        #expect(try rig.receipt(of: "a.tar") == nil)
    }

    @Test("a file that is written to while it is read is no proof, whatever its digests")
    func changes() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(8 << 20)
        try rig.add("a.tar", bytes)
        let path = rig.folder["a.tar"]
        let result = try only(
            try rig.verify(
                .on(threads: 1),
                progress: { _ in
                    try? FileDescriptor(path, .updating).write([bytes[0]], at: 0)
                }))
        #expect(result.status == .failed)
        #expect(result.diagnosis == .changed)
        #expect(try rig.receipt(of: "a.tar") == nil)
    }
}
