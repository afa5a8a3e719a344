import Disk
import Support
import Testing

@testable import TorrentFetch

@Suite struct MirrorFolderTests {
    @Test(
        "the folder of a mirror is told from its address",
        arguments: [
            ("https://a.example/x/", "https://a.example/x/"),
            ("https://a.example/x", "https://a.example/x/"),
            ("https://a.example", "https://a.example/"),
            ("https://a.example/x/train.tar", "https://a.example/x/"),
            ("https://a.example/x/other.tar", nil), ("https://a.example/?key=1", nil),
            ("https://me:secret@a.example/x/", nil), ("ftp://a.example/x/", nil),
            ("/nfs/x/", "/nfs/x"), ("/nfs/x", "/nfs/x"), ("/nfs/x/train.tar", "/nfs/x"),
            ("file:///nfs/a%20b/", "/nfs/a b"), ("", nil),
        ] as [(String, String?)])
    func folders(_ address: String, _ wanted: String?) {
        #expect(MirrorFolder(of: address, holding: "train.tar")?.description == wanted)
    }

    @Test("ImageNet's own server is known, and one place is one place")
    func same() throws {
        let own = MirrorFolder(of: "https://image-net.org/data/a.tar", holding: "a.tar")
        #expect(own?.isImageNet == true)
        #expect(
            MirrorFolder(of: "/nfs/x/a.tar", holding: "a.tar")
                == MirrorFolder(of: "/nfs/x/", holding: "b.tar"))
    }

    @Test("small files are read from a folder and over HTTP, large ones are refused")
    func contents() throws {
        let folder = try TemporaryFolder()
        try folder.write("small\n", to: "www/TRACE")
        try folder.write([UInt8](repeating: 1, count: 100), to: "www/large")
        let server = try NginxServer(serving: folder["www"])
        for address in ["\(folder["www"])", server.url] {
            let mirror = try #require(MirrorFolder(of: address, holding: "x"))
            #expect(try mirror.contents(of: "TRACE", limit: 64) == Array("small\n".utf8))
            #expect(throws: (any Error).self) { try mirror.contents(of: "large", limit: 64) }
            #expect(throws: (any Error).self) { try mirror.contents(of: "absent", limit: 64) }
        }
        // Nothing is tried twice.
        #expect(try server.log().split(separator: "\n").count { $0.contains("/absent") } == 1)
    }
}
