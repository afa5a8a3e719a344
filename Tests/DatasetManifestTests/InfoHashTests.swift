import DatasetManifest
import Testing

@Suite struct InfoHashTests {
    // Python: base64.b32encode(bytes.fromhex(hex))
    @Test(
        "base 32 and hexadecimal give the same hash",
        arguments: [
            ("5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5", "LVWQ357NQHX5JHFJT2SHG7QK4XR2L4XF"),
            ("a306397ccf9c2ead27155983c254227c0fd938e2", "UMDDS7GPTQXK2JYVLGB4EVBCPQH5SOHC"),
            (String(repeating: "0", count: 40), String(repeating: "A", count: 32)),
            (String(repeating: "f", count: 40), String(repeating: "7", count: 32)),
        ])
    func readsBase32(hex: String, base32: String) throws {
        let hash = try #require(InfoHash(base32: base32))
        #expect(hash == InfoHash(hex: hex))
        #expect(hash.hex == hex)
        #expect(InfoHash(hash.bytes) == hash)
    }

    @Test(
        "other texts are no hash",
        arguments: [
            "", "a", String(repeating: "0", count: 39), String(repeating: "0", count: 41),
            String(repeating: "g", count: 40), String(repeating: "1", count: 32),
            String(repeating: "é", count: 20),
        ])
    func refuses(text: String) {
        #expect(InfoHash(hex: text) == nil)
        #expect(InfoHash(base32: text) == nil)
        #expect(InfoHash([1, 2, 3]) == nil)
    }
}
