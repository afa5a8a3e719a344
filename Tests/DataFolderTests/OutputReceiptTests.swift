import Checksums
import DataFolder
import Disk
import Support
import Testing

@Suite struct OutputReceiptTests {
    private static let identity = FileIdentity(
        fileSystem: 7, inode: 1 << 60, size: 10,
        modified: Timestamp(seconds: 5, nanoseconds: 6),
        changed: Timestamp(seconds: 7, nanoseconds: 8))

    private func receipt() -> OutputReceipt {
        OutputReceipt(
            kind: "mds", name: "x", options: ["seed": "42", "odd \"\u{1B}": "\\\n"],
            inputs: [
                .init(
                    name: "a.tar", size: 10, identity: Self.identity,
                    digests: [Hasher.digest(.md5, [1]), Hasher.digest(.sha256, [1])]),
                .init(name: "tree", size: 3, digests: [Hasher.digest(.sha256, [2])]),
                .init(name: "gone.tar", size: 0, identity: Self.identity, isRetired: true),
            ], counts: ["images": 3, "bytes": 1 << 40],
            files: [.init(name: "s.0", size: 5, digest: Hasher.digest(.xxh64, [3]))],
            treeDigest: Hasher.digest(.sha256, [4]), when: UTCTime(secondsSince1970: 1000))
    }

    @Test("a receipt has room for a million shards")
    func large() {
        var large = receipt()
        let before = large.encoded.count
        large.files += (0..<100).map {
            .init(
                name: "shard.\(1_000_000 + $0).mds", size: 1 << 32,
                digest: Hasher.digest(.sha256, [1]))
        }
        let perFile = (large.encoded.count - before) / 100
        #expect(OutputReceipt.sizeLimit / perFile > 1_000_000)
        #expect(OutputReceipt.read(large.encoded) == .receipt(large))
    }

    @Test("what was written is read again")
    func roundTrip() throws {
        #expect(OutputReceipt.read(receipt().encoded) == .receipt(receipt()))
        var bare = receipt()
        (bare.files, bare.treeDigest, bare.inputs) = ([], nil, [])
        #expect(OutputReceipt.read(bare.encoded) == .receipt(bare))
        let folder = try TemporaryFolder()
        let holder = try Folder(folder.path)
        #expect(try OutputReceipt.load("x", in: holder) == .none)
        try receipt().save(in: holder)
        #expect(try folder.names() == ["x.receipt.json"])
        #expect(try OutputReceipt.load("x", in: holder) == .receipt(receipt()))
        try holder.rename("x.receipt.json", to: "y.receipt.json")
        #expect(try OutputReceipt.load("y", in: holder) == .none)
    }

    @Test("one that was cut or changed proves nothing, a newer one is told apart")
    func damaged() {
        let bytes = receipt().encoded
        for place in bytes.indices {
            var other = bytes
            other[place] ^= 1
            #expect(OutputReceipt.read(other) != .receipt(receipt()), "\(place)")
            #expect(OutputReceipt.read(Array(bytes[..<place])) == .none)
        }
        let newer = #"{"schema": "imagenet-fetch.output/2"}"#
        #expect(OutputReceipt.read(Array(newer.utf8)) == .newer("imagenet-fetch.output/2"))
        let other = #"{"schema": "imagenet-fetch.receipt/1"}"#
        #expect(OutputReceipt.read(Array(other.utf8)) == .none)
    }

    @Test("an output is the same with the same options and the same inputs, however that is known")
    func same() {
        let made = receipt()
        #expect(made.isSame(as: made))
        var wanted = receipt()
        // A retired archive is not there any more.
        wanted.inputs.removeLast()
        #expect(made.isSame(as: wanted))
        // The archive was copied: another file, the same digest of some kind.
        wanted.inputs[0].identity = nil
        wanted.inputs[0].digests = [Hasher.digest(.md5, [1])]
        #expect(made.isSame(as: wanted))
        wanted.inputs[0].digests = [Hasher.digest(.md5, [9])]
        #expect(!made.isSame(as: wanted))
        wanted.inputs[0].digests = []
        #expect(!made.isSame(as: wanted))
        wanted.inputs[0].identity = Self.identity
        #expect(made.isSame(as: wanted))
        wanted.inputs.removeFirst()
        #expect(!made.isSame(as: wanted))
        wanted = receipt()
        wanted.inputs.append(.init(name: "more", size: 1))
        #expect(!made.isSame(as: wanted))
        wanted = receipt()
        wanted.options["seed"] = "43"
        #expect(!made.isSame(as: wanted))
        wanted = receipt()
        wanted.kind = "tfrecord"
        #expect(!made.isSame(as: wanted))
    }
}
