@testable import Checksums
import Disk
import Support
import Testing

@Suite struct HasherTests {
    /// From RFC 1321, FIPS 180 and the xxHash specification's reference program.
    @Test(
        "known digests of known bytes",
        arguments: [
            (DigestAlgorithm.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.xxh64, "", "ef46db3751d8e999"),
            (.xxh64, "abc", "44bc2cf5ad770999"),
        ])
    func vectors(_ algorithm: DigestAlgorithm, _ text: String, _ hex: String) {
        #expect(Hasher.digest(algorithm, Array(text.utf8)).hex == hex)
    }

    @Test(
        "the same as the system's own programs, fed in pieces of any size",
        arguments: [
            (DigestAlgorithm.md5, "md5sum"), (.sha1, "sha1sum"), (.sha256, "sha256sum"),
            (.xxh64, "xxh64sum"),
        ])
    func programs(_ algorithm: DigestAlgorithm, _ program: String) throws {
        let folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: 7)
        let bytes = numbers.bytes(300_000)
        try folder.write(bytes, to: "a")
        let said = try run(program, [folder["a"].description]).output
        for step in [1, 31, 64, 4096, 299_999, 300_000] where step > 1 || bytes.count < 400_000 {
            var hasher = Hasher(algorithm)
            for start in stride(from: 0, to: bytes.count, by: step) {
                hasher.update(Array(bytes[start..<min(start + step, bytes.count)]))
            }
            #expect(said.hasPrefix(hasher.digest.hex))
        }
    }

    @Test("a state goes on where it was saved", arguments: DigestAlgorithm.allCases)
    func savedState(_ algorithm: DigestAlgorithm) throws {
        var numbers = SeededNumbers(seed: 1)
        let bytes = numbers.bytes(10_000)
        let whole = Hasher.digest(algorithm, bytes)
        for cut in [0, 1, 63, 64, 65, 5000, 10_000] {
            var first = Hasher(algorithm)
            first.update(Array(bytes[..<cut]))
            var second = try #require(Hasher(algorithm, restoring: first.savedState))
            second.update(Array(bytes[cut...]))
            #expect(second.digest == whole)
        }
    }

    @Test("what cannot be a state is not restored", arguments: DigestAlgorithm.allCases)
    func badState(_ algorithm: DigestAlgorithm) {
        let good = Hasher(algorithm).savedState
        #expect(Hasher(algorithm, restoring: []) == nil)
        #expect(Hasher(algorithm, restoring: Array(good.dropLast())) == nil)
        // Every counter at its largest: the C code would write outside its buffer.
        #expect(Hasher(algorithm, restoring: [UInt8](repeating: 0xFF, count: good.count)) == nil)
    }

    @Test("damaged states give other digests, never a crash", arguments: DigestAlgorithm.allCases)
    func damagedStates(_ algorithm: DigestAlgorithm) {
        var numbers = SeededNumbers(seed: 3)
        var hasher = Hasher(algorithm)
        hasher.update(numbers.bytes(100))
        let good = hasher.savedState
        for _ in 0..<2000 {
            var bad = good
            bad[Int.random(in: 0..<bad.count, using: &numbers)] ^= UInt8.random(
                in: 1...255, using: &numbers)
            guard var restored = Hasher(algorithm, restoring: bad) else { continue }
            restored.update(numbers.bytes(200))
            #expect(restored.digest.bytes.count == algorithm.length)
        }
    }

    @Test("asking for the digest does not end it")
    func goesOn() {
        var hasher = Hasher(.sha1)
        hasher.update(Array("a".utf8))
        _ = hasher.digest
        hasher.update(Array("bc".utf8))
        #expect(hasher.digest == Hasher.digest(.sha1, Array("abc".utf8)))
    }
}

@Suite struct HashFanTests {
    @Test("one read gives all digests, and states of all go on")
    func fan() throws {
        var numbers = SeededNumbers(seed: 9)
        let bytes = numbers.bytes(1_000_003)
        var fan = HashFan(DigestAlgorithm.allCases)
        fan.update(Array(bytes[..<400_001]))
        var restored = try #require(HashFan(restoring: fan.savedStates))
        restored.update(Array(bytes[400_001...]))
        #expect(restored.digests == DigestAlgorithm.allCases.map { Hasher.digest($0, bytes) })
        #expect(HashFan(restoring: [.md5: [1, 2, 3]]) == nil)
    }

    @Test("each algorithm counts once")
    func duplicates() {
        #expect(HashFan([.xxh64, .md5, .md5]).algorithms == [.md5, .xxh64])
    }
}

@Suite struct DigestTests {
    @Test("hexadecimal in either case comes back in lower case")
    func hex() throws {
        let digest = try #require(Digest(.xxh64, hex: "44BC2cf5AD770999"))
        #expect(digest.hex == "44bc2cf5ad770999")
        #expect(digest.description == "xxh64 44bc2cf5ad770999")
        #expect(digest == Digest(.xxh64, digest.bytes))
    }

    @Test(
        "wrong lengths and digits are refused",
        arguments: [
            "", "44bc2cf5ad77099", "44bc2cf5ad7709999", "44bc2cf5ad77099g", "44bc2cf5ad7709é",
        ])
    func refused(_ text: String) {
        #expect(Digest(.xxh64, hex: text) == nil)
    }

    @Test("digests differ by every byte and by their kind")
    func equality() throws {
        let zero = try #require(Digest(.sha256, [UInt8](repeating: 0, count: 32)))
        for index in 0..<32 {
            var bytes = [UInt8](repeating: 0, count: 32)
            bytes[index] = 1
            #expect(Digest(.sha256, bytes) != zero)
        }
        #expect(Digest(.md5, [UInt8](repeating: 0, count: 16)) != zero)
    }
}

@Suite struct CRC32CTests {
    private func crc(_ bytes: [UInt8]) -> CRC32C {
        var crc = CRC32C()
        crc.update(bytes)
        return crc
    }

    @Test("the check value of the polynomial, plain and as TFRecord masks it")
    func vectors() {
        #expect(crc(Array("123456789".utf8)).value == 0xE306_9283)
        #expect(crc(Array("123456789".utf8)).masked == 0xC78A_B0E5)
        #expect(crc([]).value == 0)
    }

    @Test("hardware and software agree on every length and cut")
    func agree() {
        var numbers = SeededNumbers(seed: 5)
        let bytes = numbers.bytes(300)
        for count in 0...300 {
            let part = Array(bytes[..<count])
            let software = part.withUnsafeBytes { ~CRC32C.bySoftware(.max, $0) }
            #expect(crc(part).value == software)
            var cut = CRC32C()
            cut.update(Array(part[..<(count / 3)]))
            cut.update(Array(part[(count / 3)...]))
            #expect(cut.value == software)
        }
    }
}
