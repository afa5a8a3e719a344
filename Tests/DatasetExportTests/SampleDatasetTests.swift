import Checksums
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import DatasetExport
@testable import SampleData

@Suite struct SampleDatasetTests {
    /// One digest over all files of a sample, by name.
    private func digest(_ sample: borrowing MadeSample) throws -> String {
        var hasher = Checksums.Hasher(.sha256)
        for folder in ["tar", "torrents"] {
            for name in try sample.folder.names(in: "sample/\(folder)") {
                hasher.update(Array(name.utf8))
                hasher.update(try sample.folder.read("sample/\(folder)/\(name)"))
            }
        }
        hasher.update(try sample.folder.read("sample/manifest.json"))
        return hasher.digest.hex
    }

    // Made by Python's hashlib over a release build's files, names first, in their order. A change
    // here means that the same options no longer give the same bytes: then
    // `SampleDataset.form` goes up.
    @Test("the same seed gives the same bytes on any number of threads", arguments: [1, 2, 5])
    func goldenDigest(threads: Int) throws {
        let sample = try MadeSample(threads: threads)
        let found = try digest(sample)
        #expect(
            found == "f734042c331bb364c5694f9d7fdb2186169cabf1c64dc9e017c28364bfdf007a")
    }

    @Test("so does a sample with made WNIDs")
    func goldenMade() throws {
        var options = MadeSample.tiny
        options.wnids = .made
        let found = try digest(try MadeSample(options))
        #expect(
            found == "8d44c1399854cf106cd2cad50302efe75ba205b67a8a0e227a0251df5906371c")
    }

    @Test("real WNIDs and words are the first of ILSVRC2012, unless there are all of them")
    func realNames() throws {
        let real = try #require(BuiltIn.classes).classes
        let few = SamplePlan(.init(classes: 12))
        #expect(few.classes.map(\.wnid) == real.prefix(12).map { "\($0.wnid)" })
        #expect(few.classes[0].words == "tench, Tinca tinca")
        #expect(few.classes.map(\.id).sorted() == Array(1...12))
        // The nodes above the classes have WNIDs of their own.
        let most = SamplePlan(.init(classes: 999))
        #expect(Set(most.classes.map(\.wnid)).isDisjoint(with: most.spareWNIDs))
        #expect(most.spareWNIDs.count >= 999)
        let all = SamplePlan(.init(classes: 1000))
        #expect(!all.classes.contains { $0.wnid == "n01440764" })
        let asked = SamplePlan(.init(classes: 1000, wnids: .real))
        #expect(asked.classes.map(\.wnid) == real.map { "\($0.wnid)" })
        #expect(asked.classes.map(\.id) == real.map(\.id))
    }

    @Test("another seed gives other classes and other pictures")
    func otherSeed() throws {
        var options = MadeSample.tiny
        options.wnids = .made
        let one = try MadeSample(options)
        options.seed = 8
        let other = try MadeSample(options)
        let train = "ILSVRC2012_img_train.tar"
        let names = Set(try one.members(train))
        #expect(names.isDisjoint(with: try other.members(train)))
    }

    @Test("the manifest says what the system's own programs say of the files")
    func manifestDigests() throws {
        let sample = try MadeSample()
        let manifest = try Manifest(
            json: try sample.folder.read("sample/manifest.json"), source: "manifest.json")
        #expect(manifest.classes == 3)
        #expect(manifest.files.count == 7)
        #expect(
            manifest.files.filter(\.isDefault).map(\.part).sorted() == ["devkit", "train", "val"])
        let names = try sample.folder.names(in: "sample/tar")
        #expect(names == manifest.files.map(\.name).sorted())
        for file in manifest.files {
            let path = sample.tar(file.name)
            for (program, algorithm) in [
                ("md5sum", DigestAlgorithm.md5), ("sha1sum", .sha1), ("sha256sum", .sha256),
            ] {
                let line = try #require(try lines(of: program, [path]).first)
                #expect(line.hasPrefix(try #require(file.digest(algorithm)).hex + " "))
            }
            let bytes = try sample.folder.read("sample/tar/\(file.name)")
            #expect(file.size == Int64(bytes.count))
            #expect(file.digest(.xxh64) == Checksums.Hasher.digest(.xxh64, bytes))
        }
    }

    @Test("every archive has a torrent and a magnet link with the manifest's infohash")
    func torrents() throws {
        let sample = try MadeSample()
        let manifest = try Manifest(
            json: try sample.folder.read("sample/manifest.json"), source: "manifest.json")
        for file in manifest.files {
            let torrent = try sample.folder.read("sample/torrents/\(file.name).torrent")
            let link = try MagnetLink(
                try sample.folder.read("sample/torrents/\(file.name).magnet"), source: "magnet")
            #expect(link.infoHash == file.torrent)
            #expect(link.size == file.size)
            #expect(link.name == file.name)
            // The info dictionary is all between the key and the last brace; `private` ends it.
            let info = Array(torrent.dropFirst("d4:info".utf8.count).dropLast())
            #expect(Checksums.Hasher.digest(.sha1, info) == file.torrent?.digest)
            let text = String(decoding: info.prefix { $0 < 0x80 }, as: UTF8.self)
            let length = text.split(separator: "piece lengthi").last?.prefix { $0 != "e" }
            var pieces = PieceMapBuilder(pieceLength: try #require(length.flatMap { Int($0) }))
            pieces.update(try sample.folder.read("sample/tar/\(file.name)"))
            let ending = try pieces.map().hashes + Array("7:privatei0ee".utf8)
            #expect(info.suffix(ending.count) == ending[...])
        }
    }

    @Test(
        "pieces grow with the file, up to 2 MiB",
        arguments: [
            (Int64(0), 16 << 10), (1 << 20, 16 << 10), (1 << 24, 256 << 10), (1 << 40, 2 << 20),
        ])
    func pieceLengths(size: Int64, length: Int) {
        #expect(SampleFile.pieceLength(for: size) == length)
    }

    @Test("what a folder would take is no less than what it takes")
    func estimate() throws {
        let options = SampleDataset.Options(classes: 4, perClass: 30, val: 30, test: 30)
        let sample = try MadeSample(options)
        let size = sample.summary.files.reduce(0) { $0 + $1.size }
        #expect(SampleDataset.estimate(options) >= size)
        #expect(SampleDataset.estimate(options) < 2 * size)
    }

    @Test("progress counts every picture once")
    func progress() throws {
        let folder = try TemporaryFolder()
        var seen: [SampleDataset.Progress] = []
        _ = try SampleDataset.write(MadeSample.tiny, to: folder["new"]) { seen.append($0) }
        let total = try #require(seen.first).totalPictures
        #expect(seen.map(\.pictures) == seen.map(\.pictures).sorted())
        #expect(seen.last?.pictures == total)
        #expect(Set(seen.map(\.totalPictures)) == [total])
        #expect(seen.last?.file == "ILSVRC2012_img_train.tar")
    }
}
