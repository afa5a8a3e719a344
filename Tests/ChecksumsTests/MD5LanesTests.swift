import Checksums
import Support
import Testing

@Suite struct MD5LanesTests {
    @Test("lanes give what one hasher after the other gives, whatever their lengths and number")
    func likeOneByOne() {
        var numbers = SeededNumbers(seed: 12)
        for count in [0, 1, 2, 3, 7, 8, 9, 17] {
            for _ in 0..<4 {
                var together = [Hasher](repeating: Hasher(.md5), count: count)
                var apart = together
                // Several rounds: states go on from where lanes have left them.
                for round in 0..<4 {
                    let parts = (0..<count).map { _ in
                        let blocks = Int.random(in: 0...40, using: &numbers)
                        let odd = round == 3 ? Int.random(in: 0..<64, using: &numbers) : 0
                        return numbers.bytes(blocks * 64 + odd)
                    }
                    update(&together, parts)
                    for (index, part) in parts.enumerated() { apart[index].update(part) }
                }
                #expect(together.map(\.digest) == apart.map(\.digest))
            }
        }
    }

    @Test("other kinds, and hashers within a block, are fed all the same")
    func mixed() {
        var numbers = SeededNumbers(seed: 13)
        var together = [Hasher(.sha1), Hasher(.md5), Hasher(.md5), Hasher(.md5), Hasher(.xxh64)]
        together[2].update([1, 2, 3])
        var apart = together
        let parts = (0..<5).map { _ in numbers.bytes(1000) }
        update(&together, parts)
        for (index, part) in parts.enumerated() { apart[index].update(part) }
        #expect(together.map(\.digest) == apart.map(\.digest))
    }

    @Test("the count of bits goes beyond 32 of them")
    func longStreams() throws {
        var saved = Hasher(.md5).savedState
        // The context counts bits behind its four words, the lower half first: 2 to the 32 less 512.
        for (place, byte) in [0x00, 0xFE, 0xFF, 0xFF].enumerated() {
            saved[16 + place] = UInt8(byte)
        }
        let long = try #require(Hasher(.md5, restoring: saved))
        let part = [UInt8](repeating: 0x61, count: 4096)
        var together = [long, long]
        var alone = long
        update(&together, [part, part])
        alone.update(part)
        #expect(together.map(\.digest) == [alone.digest, alone.digest])
        #expect(alone.savedState[20] == 1)
    }

    private func update(_ hashers: inout [Hasher], _ parts: [[UInt8]]) {
        // Copies that stay where they are while all lanes are fed.
        let copies = parts.map { part in
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: part.count, alignment: 1)
            copy.copyBytes(from: part)
            return copy
        }
        MD5Lanes.update(&hashers, copies.map { UnsafeRawBufferPointer($0) })
        for copy in copies { copy.deallocate() }
    }
}
