import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite struct ReceiptTests {
    private let identity = FileIdentity(
        fileSystem: .max, inode: 77, size: 4096,
        modified: Timestamp(seconds: 1, nanoseconds: 999_999_999),
        changed: Timestamp(seconds: -5, nanoseconds: 0))

    private func receipt(_ name: String = "a.tar") -> Receipt {
        Receipt(
            fileName: name,
            digests: [.sha256, .md5].map { Hasher.digest($0, Array("x".utf8)) },
            torrent: InfoHash([UInt8](repeating: 0xAB, count: 20)), identity: identity,
            when: UTCTime(secondsSince1970: 1_700_000_000), proof: .digests,
            sources: ["swarm": 4000, "image-net.org": 96])
    }

    private func file(
        size: Int64? = nil, digests: [Digest] = [], torrent: InfoHash? = nil
    ) -> ManifestFile {
        ManifestFile(name: "a.tar", part: "a", size: size, digests: digests, torrent: torrent)
    }

    @Test("comes back as it was", arguments: ["a.tar", "ä \"b\"\\\u{202E}.tar", ""])
    func roundTrip(_ name: String) {
        let receipt = receipt(name)
        #expect(Receipt.read(receipt.encoded) == .receipt(receipt))
    }

    @Test("is JSON that people can read")
    func text() {
        let text = String(decoding: receipt().encoded, as: UTF8.self)
        #expect(text.hasPrefix("{\n  \"schema\": \"imagenet-fetch.receipt/1\",\n"))
        #expect(text.contains("\"when\": \"2023-11-14T22:13:20Z\""))
        #expect(text.contains("\"bytesFrom\": {\"image-net.org\": 96, \"swarm\": 4000}"))
    }

    @Test("half of one, or one with any bit changed, is none")
    func damaged() {
        let good = receipt().encoded
        for count in good.indices { #expect(Receipt.read(Array(good[..<count])) == .none) }
        for index in good.indices {
            for bit in 0..<8 {
                var bad = good
                bad[index] ^= 1 << UInt8(bit)
                switch Receipt.read(bad) {
                case .none: break
                // A changed version number is a newer one, which is not believed either.
                case .newer(let schema): #expect(schema != Receipt.schema)
                case .receipt: Issue.record("bit \(bit) of byte \(index) does not matter")
                }
            }
        }
    }

    @Test("hostile contents are none, and nothing worse")
    func hostile() {
        let texts = [
            "", "{}", "[]", "null", "\u{0}", "{\"schema\":5}",
            "{\"schema\":\"imagenet-fetch.receipt/99999999999999999999999\"}",
            "{\"schema\":\"imagenet-fetch.receipt/-1\"}",
            "{\"schema\":\"imagenet-fetch.receipt/1\"}",
            String(repeating: "[", count: 60_000), String(repeating: "{\"a\":", count: 9_000),
            String(repeating: " ", count: 65_537),
        ]
        for text in texts { #expect(Receipt.read(Array(text.utf8)) == .none) }
    }

    @Test("one with a right checksum and wrong values is none")
    func wrongValues() {
        for (old, new) in [
            ("\"proof\": \"digests\"", "\"proof\": \"because\""), ("2023-11-14", "2023-11-31"),
            ("\"size\": 4096", "\"size\": -1"), ("\"inode\": \"77\"", "\"inode\": \"-77\""),
            ("1.999999999", "1.9.9"), ("\"md5\": \"", "\"md5\": \"00"), ("4000", "1e99"),
            ("\"torrent\": \"ab", "\"torrent\": \"xy"),
        ] {
            var lines = String(decoding: receipt().encoded, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            lines.removeLast(3)
            let text = lines.joined(separator: "\n") + "\n"
            guard let range = text.firstRange(of: old) else {
                Issue.record("no \(old) in the receipt")
                continue
            }
            let body = Array((text[..<range.lowerBound] + new + text[range.upperBound...]).utf8)
            var crc = CRC32C()
            crc.update(body)
            let hex = String(crc.value, radix: 16)
            let padded = String(repeating: "0", count: 8 - hex.utf8.count) + hex
            let whole = body + Array("  \"crc32c\": \"\(padded)\"\n}\n".utf8)
            #expect(Receipt.read(whole) == .none, "\(new)")
        }
    }

    @Test("one of a newer version is told apart")
    func newer() {
        let text = "{\"schema\": \"imagenet-fetch.receipt/2\", \"anything\": [1, 2]}"
        #expect(Receipt.read(Array(text.utf8)) == .newer("imagenet-fetch.receipt/2"))
    }

    @Test("holds only for the very same file")
    func identities() {
        let receipt = receipt()
        #expect(receipt.holds(for: identity))
        let time = Timestamp(seconds: 2, nanoseconds: 0)
        for other in [
            FileIdentity(
                fileSystem: 1, inode: 77, size: 4096, modified: identity.modified,
                changed: identity.changed),
            FileIdentity(
                fileSystem: .max, inode: 78, size: 4096, modified: identity.modified,
                changed: identity.changed),
            FileIdentity(
                fileSystem: .max, inode: 77, size: 4097, modified: identity.modified,
                changed: identity.changed),
            FileIdentity(
                fileSystem: .max, inode: 77, size: 4096, modified: time, changed: identity.changed),
            FileIdentity(
                fileSystem: .max, inode: 77, size: 4096, modified: identity.modified, changed: time),
        ] { #expect(!receipt.holds(for: other)) }
        var retired = receipt
        retired.proof = .retired
        #expect(!retired.holds(for: identity))
    }

    @Test("proves a file only by everything that the manifest pins")
    func proofs() throws {
        let receipt = receipt()
        let md5 = Hasher.digest(.md5, Array("x".utf8))
        let sha1 = Hasher.digest(.sha1, Array("x".utf8))
        #expect(receipt.proves(file(size: 4096, digests: [md5])))
        #expect(!receipt.proves(file(size: 4095, digests: [md5])))
        #expect(!receipt.proves(file(digests: [md5, sha1])))
        #expect(!receipt.proves(file(digests: [Hasher.digest(.md5, [1])])))
        #expect(receipt.proves(file(torrent: receipt.torrent)))
        #expect(!receipt.proves(file(torrent: InfoHash([UInt8](repeating: 1, count: 20)))))
        #expect(receipt.proves(file()))
        #expect(file().expectedDigests(after: receipt) == receipt.digests)
        #expect(file().expectedDigests(after: nil).isEmpty)
        #expect(file(digests: [md5]).expectedDigests(after: receipt) == [md5])
        #expect(file(torrent: receipt.torrent).expectedDigests(after: receipt).isEmpty)
        #expect(file().algorithms == [.sha256])
        #expect(file(digests: [md5]).algorithms == [.md5])
    }
}

@Suite struct ReceiptStoreTests {
    private func receipt(_ name: String) throws -> Receipt {
        let identity = FileIdentity(
            fileSystem: 1, inode: 2, size: 3, modified: Timestamp(seconds: 4, nanoseconds: 5),
            changed: Timestamp(seconds: 6, nanoseconds: 7))
        return Receipt(
            fileName: name, digests: [Hasher.digest(.md5, [])], identity: identity, proof: .digests)
    }

    @Test("saves, finds, lists and forgets")
    func store() throws {
        let folder = try TemporaryFolder()
        let store = ReceiptStore(folder["state/receipts"])
        #expect(try store.load("a") == .none)
        #expect(try store.list().isEmpty)
        try store.remove("a")
        #expect(try folder.names().isEmpty)
        let (a, b) = (try receipt("a"), try receipt("b c.tar"))
        try store.save(b)
        try store.save(a)
        #expect(try store.load("a") == .receipt(a))
        #expect(try store.list() == [a, b])
        try store.remove("a")
        #expect(try store.list() == [b])
    }

    @Test("what is damaged, foreign, too long, a link or under another name is passed over")
    func passedOver() throws {
        let folder = try TemporaryFolder()
        let store = ReceiptStore(folder.path)
        let good = try receipt("good")
        try store.save(good)
        try folder.write(good.encoded, to: "other.receipt.json")
        try folder.write("{}", to: "foreign.receipt.json")
        try folder.write(
            [UInt8](repeating: 0x20, count: Receipt.sizeLimit + 1), to: "long.receipt.json")
        let newer = "{\"schema\":\"imagenet-fetch.receipt/7\"}"
        try folder.write(newer, to: "newer.receipt.json")
        #expect(symlink("good.receipt.json", folder["link.receipt.json"].description) == 0)
        #expect(try store.list() == [good])
        for name in ["other", "foreign", "long", "link"] {
            #expect(try store.load(name) == .none, "\(name)")
        }
        #expect(try store.load("newer") == .newer("imagenet-fetch.receipt/7"))
        #expect(try folder.text("newer.receipt.json") == newer)
    }

    @Test("a full disk leaves the receipt that was there")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        let store = ReceiptStore(folder.path)
        let first = try receipt("a")
        try store.save(first)
        var second = first
        second.proof = .firstUse
        for call in [SystemCall.pwrite, .fsync, .close, .renameat] {
            let fault = Fault(call, onPathsWith: folder.path.description, .failure(ENOSPC))
            let error = #expect(throws: DiskError.self) {
                try Faults.during([fault]) { try store.save(second) }
            }
            #expect(error?.code == .noSpace)
            #expect(try store.load("a") == .receipt(first))
            #expect(try folder.names() == ["a.receipt.json"])
        }
    }
}
