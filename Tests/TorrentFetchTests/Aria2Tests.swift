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
}
