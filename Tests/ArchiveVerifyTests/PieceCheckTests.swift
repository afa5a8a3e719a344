import ArchiveVerify
import DatasetManifest
import Disk
import Support
import Testing

@Suite struct PieceCheckTests {
    private struct Enough: Error {}

    @Test("reads the pieces that bytes touch, and gives those that are right")
    func pieces() throws {
        let folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: 4)
        var bytes = numbers.bytes(10_500)
        var builder = PieceMapBuilder(pieceLength: 1000)
        builder.update(bytes)
        let map = try builder.map()
        bytes[4999] ^= 1
        try folder.write(bytes, to: "a")
        let check = PieceCheck(folder["a"], map)
        #expect(try check.right([0..<1]) == [0..<1000])
        #expect(
            try check.right([1999..<2001, 10_400..<20_000]) == [
                1000..<2000, 2000..<3000, 10_000..<10_500,
            ])
        #expect(try check.right([4000..<6000]) == [5000..<6000])
        #expect(try check.right([]) == [])
        #expect(try check.right([5..<5, 20_000..<30_000]) == [])
        // Cut in the middle of a piece.
        try FileDescriptor(folder["a"], .updating).truncate(to: 7500)
        #expect(try check.right([6000..<9000]) == [6000..<7000])
    }

    @Test("is stopped between two pieces")
    func stopped() throws {
        let folder = try TemporaryFolder()
        let bytes = [UInt8](repeating: 1, count: 5000)
        var builder = PieceMapBuilder(pieceLength: 1000)
        builder.update(bytes)
        try folder.write(bytes, to: "a")
        let check = PieceCheck(folder["a"], try builder.map())
        #expect(throws: Enough.self) {
            try check.right([0..<5000], stop: StopCheck { Enough() })
        }
    }
}
