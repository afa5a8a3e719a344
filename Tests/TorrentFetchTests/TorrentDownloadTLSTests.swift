import DataFolder
import DatasetManifest
import Disk
import Support
import Testing
import TorrentFetch

@Suite(.timeLimit(.minutes(10))) struct TorrentDownloadTLSTests {
    private func download(_ server: TLSServer, _ path: String) throws(FetchError) -> [UInt8] {
        try TorrentDownload.bytes(
            from: server.url + path, timeout: .seconds(20), certificates: server.certificate)
    }

    @Test("https is fetched from a server whose certificate is trusted, over five redirects too")
    func trusted() throws {
        let server = try TLSServer()
        #expect(try download(server, "/torrent") == Array("payload".utf8))
        #expect(try download(server, "/hop/5") == Array("payload".utf8))
    }

    @Test("more redirects than five are refused", arguments: ["/hop/6", "/loop"])
    func redirects(path: String) throws {
        let server = try TLSServer()
        let error = #expect(throws: FetchError.self) { try download(server, path) }
        #expect(error?.code == .mirrorRefused && error?.message.contains("redirect") == true)
    }

    @Test("https does not lead to http")
    func downgrade() throws {
        let server = try TLSServer()
        let error = #expect(throws: FetchError.self) { try download(server, "/http") }
        #expect(error?.code == .mirrorRefused, "\(error?.message ?? "")")
    }

    @Test("a certificate that nobody has signed is a TLS failure, with a hint")
    func selfSigned() throws {
        let server = try TLSServer()
        let error = #expect(throws: FetchError.self) {
            try TorrentDownload.bytes(from: server.url + "/torrent")
        }
        #expect(error?.code == .tls && error?.message.contains("certificate") == true)
        #expect(error?.hint?.contains("clock") == true)
    }

    @Test(
        "the site of .torrent files is asked with the certificates that were named",
        arguments: [true, false])
    func site(isNamed: Bool) throws {
        let server = try TLSServer()
        let folder = try TemporaryFolder()
        let file = try TorrentedFile(size: 100_000, pieceLength: 16384)
        let wanted = ManifestFile(
            name: file.name, part: "val", size: 100_000, torrent: file.torrent.infoHash)
        let search = TorrentSources(
            folders: [], data: DataFolder(folder["data"]), base: server.url + "/",
            certificates: isNamed ? server.certificate : nil
        ).find(for: wanted)
        #expect(search.notes.count == 1)
        #expect(search.notes.contains { $0.contains("certificate") } == !isNamed)
    }

    @Test("a certificate of another name is a TLS failure")
    func otherName() throws {
        let server = try TLSServer()
        let error = #expect(throws: FetchError.self) {
            try TorrentDownload.bytes(
                from: "https://localhost:\(server.port)/torrent", timeout: .seconds(20),
                certificates: server.certificate)
        }
        #expect(error?.code == .tls, "\(error?.message ?? "")")
    }
}
