import DataFolder
import DatasetManifest
import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite(.timeLimit(.minutes(2))) struct StagingFileTests {
    @Test("a wrong block that is late does not lie on a piece that counts")
    func lateBlock() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 300_000, pieceLength: 1 << 17)
        let taking = try RunningStaging(file, at: folder["late-block.part"], hashing: false)
        let buffer = try #require(taking.buffers.take())
        file.bytes[..<(1 << 17)].withUnsafeBytes { buffer.bytes.copyMemory(from: $0) }
        // A peer's block is on its way to the disk while a mirror brings the whole piece.
        let late = Faults.planned([
            Fault(.pwrite, onPathsWith: "late-block.part", .late(milliseconds: 400))
        ])
        let wrong = [UInt8](repeating: 0x55, count: 16384)
        let peer = Thread {
            try? wrong.withUnsafeBytes { block in
                try taking.staging.write(block, of: 0, at: 16384)
            }
        }
        #expect(try await until { late.left == 0 })
        taking.staging.submit(0, buffer) { _ in }
        #expect(try await until { taking.staging.isProven(0) })
        peer.join()
        late.end()
        let written = try folder.read("late-block.part")
        #expect(written[..<(1 << 17)].elementsEqual(file.bytes[..<(1 << 17)]))
        taking.stop()
    }

    @Test("nothing is written behind the end, nor to a piece that is there")
    func behindTheEnd() throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 300_000, pieceLength: 1 << 17)
        var proven = file.noPieces
        proven[0] = true
        let taking = try RunningStaging(
            file, at: folder["part"], proven: proven, hashing: false)
        let block = [UInt8](repeating: 0x55, count: 16384)
        try block.withUnsafeBytes { block in try taking.staging.write(block, of: 0, at: 0) }
        taking.stop()
        try block.withUnsafeBytes { block in try taking.staging.write(block, of: 1, at: 0) }
        #expect(try folder.read("part").allSatisfy { $0 == 0 })
    }

    @Test("what the disk does not give back for the digests ends it, and is fetched again")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 500_000, pieceLength: 1 << 17)
        try folder.write(file.bytes, to: "unreadable.part")
        var proven = file.noPieces
        for piece in 0..<3 { proven[piece] = true }
        let broken = Faults.planned([
            Fault(
                .pread, onPathsWith: "unreadable.part", times: .max, in: 1 << 17..<1 << 18,
                .failure(5))
        ])
        let taking = try RunningStaging(file, at: folder["unreadable.part"], proven: proven)
        #expect(try await until { !taking.staging.isProven(1) })
        #expect(taking.staging.failure?.code == .io)
        #expect(taking.staging.isProven(0) && taking.staging.isProven(2))
        broken.end()
        taking.stop()
    }
}
