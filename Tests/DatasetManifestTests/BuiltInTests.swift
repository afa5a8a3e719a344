import Disk
import Checksums
@testable import DatasetManifest
import Support
import Testing

/// One file of the data sets, typed a second time from where it was published: a slip in a
/// manifest shows here.
struct PublishedFile: Sendable {
    var name: String
    var part: String
    var size: Int64?
    var about: Int64?
    var digests: [String] = []
    var torrent: String?
    var mirror: String?
}

private let mib: Int64 = 1 << 20
private let gib: Int64 = 1 << 30
private let site = "https://image-net.org/data/ILSVRC/"

private let published2012: [PublishedFile] = [
    PublishedFile(
        name: "ILSVRC2012_devkit_t12.tar.gz", part: "devkit", about: mib * 5 / 2,
        digests: [
            "md5 fa75699e90414af021442c21a62c3abf",
            "sha1 092a94ed6a05454b8b72d1c4ecf336fa48d37fda",
            "sha256 b59243268c0d266621fd587d2018f69e906fb22875aca0e295b48cafaa927953",
        ], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_img_train.tar", part: "train", size: 147_897_477_120,
        digests: [
            "md5 1d675b47d978889d74fa0da5fadfb00e",
            "sha1 43eda4fe35c1705d6606a6a7a633bc965d194284",
            "sha256 b08200a27a8e34218a0e58fde36b0fe8f73bc377f4acea2d91602057c3ca45bb",
            "xxh64 c5b744425289080b",
        ], torrent: "a306397ccf9c2ead27155983c254227c0fd938e2", mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_img_val.tar", part: "val", size: 6_744_924_160,
        digests: [
            "md5 29b22e2961454d5413ddabcf34fc5622",
            "sha1 5f3f73da3395154b60528b2b2a2caf2374f5f178",
            "sha256 c7e06a6c0baccf06d8dbeb6577d71efff84673a5dbdd50633ab44f8ea0456ae0",
            "xxh64 20199bbecc0a0340",
        ], torrent: "5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_img_test_v10102019.tar", part: "test", about: 13 * gib,
        digests: [
            "md5 e1b8681fff3d63731c599df9b4b6fc02",
            "sha256 9cf7f8249639510f17d3d8a0deb47cd22a435886ba8e29e2b3223e65a4079eb4",
        ], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_img_test.tar", part: "test", about: 13 * gib,
        digests: ["md5 fe64ceb247e473635708aed23ab6d839"]),
    PublishedFile(name: "ILSVRC2012_img_test_patch_v10102019.tar", part: "patch"),
    PublishedFile(
        name: "ILSVRC2012_bbox_train_v2.tar.gz", part: "bbox", about: 20 * mib,
        digests: ["md5 9271167e2176350e65cfe4e546f14b17"], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_bbox_val_v3.tgz", part: "bbox", about: mib * 22 / 10,
        digests: ["md5 f4cd18b5ea29fe6bbea62ec9c20d80f0"], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_img_train_t3.tar", part: "train_t3", about: 728 * mib,
        digests: ["md5 ccaf1013018ac1037801578038d370da"], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_devkit_t3.tar.gz", part: "train_t3", about: 22 * mib, mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_bbox_train_dogs.tar.gz", part: "dogs", about: mib,
        digests: ["md5 61ebd3cc0e4793899a841b6b27f3d6d8"], mirror: "2012/"),
    PublishedFile(
        name: "ILSVRC2012_bbox_test_dogs.zip", part: "dogs", about: 33 * mib,
        digests: ["md5 2dfdb2677fd9661585d17d5a5d027624"], mirror: "2012/"),
    PublishedFile(name: "ILSVRC2013_devkit.tgz", part: "extra", mirror: "2013/"),
]

private let published2017: [PublishedFile] = [
    PublishedFile(name: "ILSVRC2017_devkit.tar.gz", part: "devkit"),
    PublishedFile(
        name: "ILSVRC2017_CLS-LOC.tar.gz", part: "loc", about: 166_020_000_000,
        digests: ["md5 099d21920ef427c1bedc0d5d182277cf"],
        torrent: "943977d8c96892d24237638335e481f3ccd54cfb"),
    PublishedFile(
        name: "ILSVRC2017_DET.tar.gz", part: "det", about: 55 * gib,
        digests: ["md5 237b95a860e9637b6a27683268cb305a"], mirror: "2017/"),
    PublishedFile(
        name: "ILSVRC2017_DET_test_new.tar.gz", part: "det", about: 428 * mib,
        digests: ["md5 e9c3df2aa1920749a7ec35d1847280c6"]),
    PublishedFile(
        name: "imagenet_object_localization_patched2019.tar.gz", part: "loc", about: 155 * gib),
]

@Suite struct BuiltInTests {
    @Test("all resources parse, in the form in which they would be written")
    func parses() throws {
        #expect(BuiltIn.manifests.map(\.name) == ["ilsvrc2012", "ilsvrc2017"])
        #expect(BuiltIn.magnets.count == 3)
        #expect(BuiltIn.resources.count == 9)
        for resource in BuiltIn.resources {
            let bytes = Array(resource.bytes)
            if resource.name.hasSuffix(".json") {
                let manifest = try Manifest(json: bytes, source: resource.name)
                #expect(manifest.json() == bytes)
            } else if resource.name.hasSuffix(".magnet") {
                let link = try MagnetLink(bytes, source: resource.name)
                #expect(Array((link.text + "\n").utf8) == bytes)
                #expect(resource.name == link.name.map { $0 + ".magnet" })
            }
        }
    }

    @Test(
        "the built-in piece hashes give the pinned infohash",
        arguments: [("ILSVRC2012_img_train.tar", 70_524), ("ILSVRC2012_img_val.tar", 3_217)])
    func rebuildsTorrents(name: String, count: Int) throws {
        let file = try #require(BuiltIn.file(named: name))
        let hash = try #require(file.torrent)
        let pieces = try #require(BuiltIn.pieces(of: file))
        #expect(pieces.count == count)
        #expect(pieces.pieceLength == 2 << 20)
        #expect(pieces.size == file.size)
        #expect(try TorrentFile(name: name, pieces: pieces).infoHash == hash)
        let torrent = try #require(BuiltIn.torrent(for: hash))
        #expect(torrent.infoHash == hash)
        #expect(torrent.name == name)
        let magnet = try #require(BuiltIn.magnet(for: hash))
        #expect(Array(torrent.trackers.joined()) == magnet.trackers)
    }

    @Test("piece hashes belong to an infohash, whatever file of whichever manifest has it")
    func findsPiecesByInfoHash() throws {
        let val = try #require(BuiltIn.file(named: "ILSVRC2012_img_val.tar"))
        var own = ManifestFile(name: "val.tar", part: "own", torrent: val.torrent)
        #expect(BuiltIn.pieces(of: own) == BuiltIn.pieces(of: val))
        own.size = 5
        #expect(BuiltIn.pieces(of: own) == nil)
        own.size = val.size
        own.torrent = InfoHash([UInt8](repeating: 0, count: 20))
        #expect(BuiltIn.pieces(of: own) == nil)
        let loc = try #require(BuiltIn.file(named: "ILSVRC2017_CLS-LOC.tar.gz"))
        #expect(BuiltIn.pieces(of: loc) == nil)
        #expect(BuiltIn.pieces(of: ManifestFile(name: val.name, part: "val")) == nil)
    }

    @Test("the named subsets are those of their origins")
    func namesSubsets() throws {
        let manifest = try BuiltIn.manifest(named: "ilsvrc2012")
        #expect(manifest.subsets.map(\.name) == ["imagenet100", "imagenette", "imagewoof"])
        #expect(manifest.subsets.map(\.wnids.count) == [100, 10, 10])
        #expect(manifest.subsets.allSatisfy { $0.title != nil && $0.origin != nil })
        #expect(manifest.subset(named: "imagenette")?.wnids.first?.description == "n01440764")
        #expect(manifest.subset(named: "imagewoof")?.wnids.last?.description == "n02115641")
        #expect(manifest.subset(named: "imagenet100")?.wnids.first?.description == "n02869837")
        #expect(manifest.subset(named: "imagenet") == nil)
    }

    @Test(
        "every published fact is there, and no other",
        arguments: [("ilsvrc2012", published2012), ("ilsvrc2017", published2017)])
    func equalsPublished(name: String, published: [PublishedFile]) throws {
        let manifest = try BuiltIn.manifest(named: name)
        #expect(manifest.files.map(\.name) == published.map(\.name))
        for (file, fact) in zip(manifest.files, published) {
            #expect(file.part == fact.part)
            #expect(file.size == fact.size)
            #expect(file.sizeAbout == fact.about)
            #expect(file.digests.map(\.description) == fact.digests)
            #expect(file.torrent?.hex == fact.torrent)
            #expect(file.mirrors == (fact.mirror.map { [site + $0 + file.name] } ?? []))
        }
    }

    @Test("by-hand and superseded files are marked")
    func marks() throws {
        let files = BuiltIn.manifests.flatMap(\.files)
        let manual = files.filter(\.isManual)
        #expect(
            manual.map(\.name) == [
                "ILSVRC2012_img_test_patch_v10102019.tar", "ILSVRC2017_devkit.tar.gz",
                "ILSVRC2017_DET_test_new.tar.gz", "imagenet_object_localization_patched2019.tar.gz",
            ])
        #expect(manual.allSatisfy { $0.source != .manual(how: nil) })
        #expect(
            BuiltIn.file(named: "ILSVRC2012_img_test.tar")?.source
                == .superseded(by: "ILSVRC2012_img_test_v10102019.tar"))
        // What is not to be got by hand has somewhere to come from.
        for file in files where file.source == .mirrors {
            #expect(file.torrent != nil || !file.mirrors.isEmpty)
        }
    }

    @Test("defaults, roles, counts and pins are those of the challenge")
    func describes() throws {
        let manifest = try BuiltIn.manifest(named: "ilsvrc2012")
        #expect(manifest.classes == 1000)
        #expect(
            manifest.labels?.valWNIDs?.hex
                == "313fc3f23c864dde9183c9a368809065765dd1b657a6904fded44e3e46d34604")
        #expect(
            manifest.labels?.wnids?.hex
                == "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15")
        #expect(
            try manifest.select(.defaults).files.map(\.role)
                == [.devkit, .trainImages, .valImages])
        let counts = manifest.files.compactMap { file in file.images.map { (file.role, $0) } }
        #expect(counts.map(\.1) == [1_281_167, 50_000, 100_000, 100_000])
        let all = try manifest.select(.all)
        #expect(all.files.count == 11)
        #expect(all.manual.count == 1)
        #expect(all.superseded.count == 1)
        let later = try BuiltIn.manifest(named: "ilsvrc2017").select(.defaults)
        #expect(later.files.map(\.role) == [.tree2017])
        #expect(later.manual.map(\.role) == [.devkit])
    }

    @Test("every torrent of a manifest has its magnet, found by infohash")
    func findsMagnets() throws {
        let trackers = [
            "https://academictorrents.com/announce.php",
            "https://ipv6.academictorrents.com/announce.php",
            "udp://tracker.opentrackr.org:1337/announce",
        ]
        for file in BuiltIn.manifests.flatMap(\.files) {
            guard let hash = file.torrent else { continue }
            let magnet = try #require(BuiltIn.magnet(for: hash))
            #expect(magnet.name == file.name)
            #expect(magnet.size == file.size)
            let isOurs = file.name.hasPrefix("ILSVRC2012")
            #expect(magnet.trackers == (isOurs ? trackers : [trackers[0], trackers[2]]))
        }
        let other = try #require(InfoHash([UInt8](repeating: 0, count: 20)))
        #expect(BuiltIn.magnet(for: other) == nil)
    }

    @Test("the torrent that was published for two different files is not there")
    func leavesOutDisputedTorrent() throws {
        let disputed = "dfa9ab2528ce76b907047aa8cf8fc792852facb9"
        #expect(BuiltIn.manifests.flatMap(\.files).allSatisfy { $0.torrent?.hex != disputed })
        #expect(BuiltIn.magnets.allSatisfy { $0.infoHash.hex != disputed })
    }

    @Test("an unknown data set is refused with those that there are")
    func refusesUnknown() {
        let error = #expect(throws: ManifestError.self) {
            try BuiltIn.manifest(named: "imagenet")
        }
        #expect(error?.code == .unknownDataSet)
        #expect(error?.hint?.description.hasPrefix("built in are ilsvrc2012, ilsvrc2017;") == true)
    }
}
