import DataFolder
import Glibc
import Support
import Testing

@Suite struct UTCTimeTests {
    @Test(
        "moments are written as ISO 8601 has them, and read again",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func known(_ seconds: Int64, _ text: String) {
        #expect(UTCTime(secondsSince1970: seconds).description == text)
        #expect(UTCTime(text)?.secondsSince1970 == seconds)
    }

    @Test("glibc says the same of any moment")
    func likeGlibc() {
        var numbers = SeededNumbers(seed: 4)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &numbers)
            var time = time_t(seconds)
            var parts = tm()
            gmtime_r(&time, &parts)
            var buffer = [CChar](repeating: 0, count: 64)
            let count = strftime(&buffer, 64, "%m-%dT%H:%M:%SZ", &parts)
            let expected = String(decoding: buffer[..<count].map(UInt8.init), as: UTF8.self)
            let text = UTCTime(secondsSince1970: seconds).description
            #expect(text.hasSuffix(expected))
            #expect(Int32(text.prefix(4)) == parts.tm_year + 1900)
            #expect(UTCTime(text)?.secondsSince1970 == seconds)
        }
    }

    @Test(
        "what is no moment is none",
        arguments: [
            "", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:60Z",
            "2026-1-01T00:00:000Z", "-026-01-01T00:00:00Z",
        ])
    func refused(_ text: String) {
        #expect(UTCTime(text) == nil)
    }

    @Test("moments beyond all years are the last and the first that can be written")
    func clamped() {
        #expect(UTCTime(secondsSince1970: .max).description == "9999-12-31T23:59:59Z")
        #expect(UTCTime(secondsSince1970: .min).description == "0001-01-01T00:00:00Z")
    }
}
