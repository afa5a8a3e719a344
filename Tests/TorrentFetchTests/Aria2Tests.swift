import DataFolder
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite struct Aria2Tests {
    private static let isThere = (try? run("aria2c", ["--version"]))?.status == 0

    @Test("what the real aria2 has left half-finished is adopted", .enabled(if: isThere))
    func real() throws {
        let growing = try GrowingFile(size: 3_000_000)
        let bytes = growing.file.bytes
        let server = try LoopbackServer { connection in
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\n"
                    + "Content-Length: \(bytes.count)\r\nAccept-Ranges: bytes\r\n\r\n")
            connection.send(Array(bytes[..<2_000_000]))
            connection.stall()
        }
        _ = try Folder.creating(growing.data.folder(.archives))
        _ = try run(
            "aria2c",
            [
                "--no-conf", "--stop=2", "--split=1", "--file-allocation=none", "--quiet",
                "--dir", growing.data.folder(.archives).description,
                "--out", growing.name, "\(server.url)/file",
            ], environment: ["http_proxy": "", "no_proxy": "*"])
        #expect(try growing.data.look(for: growing.name).hasAria2File)
        let opened = try growing.grow()
        #expect(opened.trust == .read(.moved))
        // aria2 holds a little back in its own cache.
        #expect(opened.proven.members > 60)
        #expect(opened.proven.members <= 122)
    }

    @Test("its control file is read as far as it makes sense, and nothing makes that trap")
    func control() throws {
        func bytes(_ size: UInt64, pieceLength: UInt64 = 1024, bits: [UInt8]) -> [UInt8] {
            func big(_ value: UInt64, _ count: Int) -> [UInt8] {
                (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
            }
            return [0, 1] + big(0, 4) + big(2, 4) + [7, 7] + big(pieceLength, 4) + big(size, 8)
                + big(0, 8) + big(UInt64(bits.count), 4) + bits + big(0, 4)
        }
        let right = bytes(9000, bits: [0b1110_0000, 0b1000_0000])
        let control = try #require(Aria2Control(right))
        #expect(control.size == 9000)
        #expect(control.holds(0..<3072))
        #expect(!control.holds(0..<3073))
        #expect(control.holds(8192..<9000))
        #expect(!control.holds(8192..<9001))
        for count in 0..<right.count - 4 { #expect(Aria2Control(Array(right[..<count])) == nil) }
        #expect(Aria2Control(bytes(9000, bits: [0])) == nil)
        #expect(Aria2Control(bytes(.max, pieceLength: 1, bits: [0])) == nil)
        #expect(Aria2Control(bytes(1 << 62, pieceLength: 1, bits: [0])) == nil)
        #expect(Aria2Control(bytes(9000, pieceLength: 0, bits: [0])) == nil)
        var numbers = SeededNumbers(seed: 3)
        for _ in 0..<200 { _ = Aria2Control([0, 1] + numbers.bytes(60)) }
    }
}
