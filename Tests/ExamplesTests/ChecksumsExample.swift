import Checksums
import Testing

@Suite struct ChecksumsExample {
    @Test("several digests over one read, saved in the middle and gone on with")
    func digests() throws {
        var fan = HashFan([.md5, .sha256, .xxh64])
        fan.update(Array("ImageNet, ".utf8))
        let states = fan.savedStates

        // Another day, another process: the bytes so far need not be read again.
        var later = try #require(HashFan(restoring: states))
        later.update(Array("every byte proven".utf8))
        let whole = Array("ImageNet, every byte proven".utf8)
        #expect(later.digests == [.md5, .sha256, .xxh64].map { Hasher.digest($0, whole) })
    }
}
