import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Synchronization
import Testing

@testable import TorrentFetch

@Suite struct TorrentSourcesTests {
    private let file: TorrentedFile
    private let wanted: ManifestFile

    init() throws {
        file = try TorrentedFile(size: 100_000, pieceLength: 16384)
        wanted = ManifestFile(
            name: file.name, part: "val", size: 100_000, torrent: file.torrent.infoHash)
    }

    private func sources(
        _ folder: borrowing TemporaryFolder, _ folders: [String] = [], base: String? = nil,
        trusting: Bool = false, peers: TorrentSources.Peers? = nil
    ) -> TorrentSources {
        TorrentSources(
            folders: folders.map { folder[$0] }, data: DataFolder(folder["data"]), base: base,
            trustsUnpinned: trusting, peers: peers)
    }

    @Test("any name will do, and what is found is kept for the next run")
    func anyName() throws {
        let folder = try TemporaryFolder()
        try folder.write(file.torrent.bytes, to: "bt/whatever.torrent")
        let search = sources(folder, ["missing", "bt"]).find(for: wanted)
        #expect(search.found?.bytes == file.torrent.bytes)
        #expect(search.found?.metainfo.source == folder["bt/whatever.torrent"])
        #expect(search.notes.isEmpty)
        let again = sources(folder).find(for: wanted)
        #expect(again.found?.metainfo.infoHash == wanted.torrent?.bytes)
    }

    @Test("a named folder comes before the state folder, the web and the peers")
    func order() throws {
        let folder = try TemporaryFolder()
        let asked = Monitor<[String]>([])
        let bytes = file.torrent.bytes
        let server = try LoopbackServer { connection in
            asked.update { $0.append(connection.path) }
            connection.answer("404 Not Found")
        }
        let sources = sources(folder, ["bt"], base: server.url + "/") { hash, _ in
            asked.update { $0.append("peers \(hash.hex)") }
            return bytes
        }
        #expect(sources.find(for: wanted).found?.metainfo.source == "the swarm")
        let hex = file.torrent.infoHash.hex
        #expect(asked.update { $0 } == ["/\(hex).torrent", "peers \(hex)"])
        #expect(
            sources.find(for: wanted).found?.metainfo.source.hasSuffix("\(hex).torrent") == true)
        try folder.write(bytes, to: "bt/a.torrent")
        #expect(sources.find(for: wanted).found?.metainfo.source == folder["bt/a.torrent"])
        #expect(asked.update { $0 }.count == 2)
    }

    @Test("the web's answer counts only if it hashes to the pin")
    func web() throws {
        let folder = try TemporaryFolder()
        let bytes = file.torrent.bytes
        let right = try LoopbackServer { $0.answer("200 OK", bytes) }
        let found = sources(folder, base: right.url + "/").find(for: wanted)
        #expect(found.found?.bytes == bytes)
        let other = try TorrentedFile(size: 100_000, pieceLength: 16384, seed: 2).torrent.bytes
        let wrong = try LoopbackServer { $0.answer("200 OK", other) }
        let elsewhere = try TemporaryFolder()
        let search = sources(elsewhere, base: wrong.url + "/").find(for: wanted)
        #expect(search.found == nil)
        #expect(search.notes.contains { $0.contains("infohash") })
        #expect(try elsewhere.names().isEmpty)
    }

    @Test("wrong, damaged and foreign torrents are passed over; only what matters is told")
    func passedOver() throws {
        let folder = try TemporaryFolder()
        try folder.write("garbage", to: "bt/1.torrent")
        try folder.write(
            try TorrentedFile(size: 100_000, pieceLength: 16384, seed: 2).torrent.bytes,
            to: "bt/2.torrent")
        try folder.write(
            Bencode.dictionary(["info": Bencode.info(name: "other.tar")]).encoded,
            to: "bt/3.torrent")
        _ = try Folder.creating(folder["bt/4.torrent"])
        try folder.write(file.torrent.bytes, to: "bt/5.torrent")
        let search = sources(folder, ["bt"]).find(for: wanted)
        #expect(search.found?.metainfo.source == folder["bt/5.torrent"])
        #expect(search.notes.count == 2)
        #expect(search.notes.first?.contains("1.torrent") == true)
        #expect(search.notes.last?.contains("2.torrent") == true)
    }

    @Test("links are followed in a person's folder, never in ours")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write(file.torrent.bytes, to: "lab")
        _ = try Folder.creating(folder["bt"])
        symlink(folder["lab"].description, folder["bt/a.torrent"].description)
        #expect(sources(folder, ["bt"]).find(for: wanted).found != nil)
        let other = try TemporaryFolder()
        let torrents = DataFolder(other["data"]).torrents
        _ = try Folder.creating(torrents)
        symlink(folder["lab"].description, torrents.appending("a.torrent").description)
        let search = sources(other).find(for: wanted)
        #expect(search.found == nil)
        #expect(search.notes.count == 1)
    }

    @Test("a huge file and a crowd of files are not read")
    func bounded() throws {
        let folder = try TemporaryFolder()
        _ = try Folder.creating(folder["bt"])
        try FileDescriptor(folder["bt/0.torrent"], .creating).truncate(to: 1 << 40)
        let search = sources(folder, ["bt"]).find(for: wanted)
        #expect(search.notes.contains { $0.contains("1099511627776 bytes") })
        for index in 0..<TorrentSources.fileLimit {
            try FileDescriptor(folder["bt/\(1000 + index).torrent"], .creating).close()
        }
        try folder.write(file.torrent.bytes, to: "bt/z.torrent")
        let crowded = sources(folder, ["bt"]).find(for: wanted)
        #expect(crowded.found == nil)
        #expect(crowded.notes.contains { $0.contains("only 1000 are read") })
    }

    @Test("a file without a pin gets a torrent only from a person, on their word")
    func unpinned() throws {
        let folder = try TemporaryFolder()
        try folder.write(file.torrent.bytes, to: "bt/a.torrent")
        var unpinned = wanted
        unpinned.torrent = nil
        #expect(sources(folder, ["bt"]).find(for: unpinned).found == nil)
        unpinned.size = 99
        #expect(sources(folder, ["bt"], trusting: true).find(for: unpinned).found == nil)
        #expect(try folder.names() == ["bt"])
        unpinned.size = nil
        let pinned = sources(folder, ["bt"], trusting: true).pinned(unpinned)
        #expect(pinned.torrent == wanted.torrent && pinned.size == wanted.size)
        // What was trusted once is from then on.
        #expect(sources(folder).pinned(unpinned) == pinned)
        #expect(sources(folder).pinned(wanted) == wanted)
    }

    @Test("a folder that cannot be written is told, and the torrent is used all the same")
    func readOnly() throws {
        let folder = try TemporaryFolder()
        try folder.write(file.torrent.bytes, to: "bt/a.torrent")
        let path = folder["data"].description
        let search = Faults.during([Fault(.mkdirat, onPathsWith: path, .failure(EROFS))]) {
            sources(folder, ["bt"]).find(for: wanted)
        }
        #expect(search.found != nil)
        #expect(search.notes.contains { $0.contains("cannot save the torrent") })
    }

    @Test("trackers are those of the torrent and of the built-in link, each once")
    func trackers() throws {
        let magnet = try #require(BuiltIn.magnets.first)
        let first = try #require(magnet.trackers.first)
        let torrent = try TorrentFile(
            name: file.name, pieces: file.map,
            trackers: [["https://own.example/announce", first], ["udp://own.example:1"]])
        let metainfo = try Metainfo(torrent.bytes, source: "t")
        let all = TorrentSources.trackers(of: metainfo, magnet.infoHash)
        #expect(all.prefix(3) == ["https://own.example/announce", first, "udp://own.example:1"])
        #expect(Set(all).isSuperset(of: magnet.trackers))
        #expect(Set(all).count == all.count)
        #expect(TorrentSources.trackers(of: nil, magnet.infoHash) == magnet.trackers)
    }
}
