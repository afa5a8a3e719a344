import Testing

@testable import imagenet_fetch

@Suite struct QuantitiesTests {
    @Test(
        "sizes count in 1024 or 1000 as their unit says",
        arguments: [
            ("0", 0), ("67108864", 67_108_864), ("1K", 1024), ("1KiB", 1024), ("1KB", 1000),
            ("3M", 3 << 20), ("3MiB", 3 << 20), ("3MB", 3_000_000), ("2G", 2 << 30),
            ("2GiB", 2 << 30), ("2GB", 2_000_000_000), ("1T", 1 << 40), ("1TiB", 1 << 40),
            ("1TB", 1_000_000_000_000), ("1.5G", 3 << 29), ("0.5K", 512), ("1.0001K", 1024),
            ("512mib", 512 << 20), ("7B", 7), ("1.9", 1), ("0.1KB", 100),
            ("9223372036854775807", Int64.max), ("0.00000000000000000000001T", 0),
            ("007K", 7168),
        ] as [(String, Int64)])
    func sizes(text: String, bytes: Int64) throws {
        #expect(try Quantities.size(text) == bytes)
    }

    @Test(
        "what is no size is refused with what would be one",
        arguments: [
            "", "K", "-1", "+1", "1 K", "1X", "1KiBs", "1..5G", ".5G", "1.G", "1e3", "0x10", "١",
            "1K1", "NaN", "1,5G",
        ])
    func badSizes(text: String) {
        #expect(throws: ValueFault(Quantities.sizeExpected)) { try Quantities.size(text) }
    }

    @Test(
        "no size overflows",
        arguments: [
            "9223372036854775808", "8388608T", "99999999999999999999999999999999999999999T",
            "18446744073709551616", "9223372036854775807K",
        ])
    func largeSizes(text: String) {
        #expect(throws: ValueFault("it is too large")) { try Quantities.size(text) }
    }

    @Test("the largest size of a unit is taken")
    func nearlyTooLarge() throws {
        #expect(try Quantities.size("8388607T") == 8_388_607 << 40)
        #expect(try Quantities.size("8388607.999999999999999999T") > 8_388_607 << 40)
    }

    @Test("a rate is a size, with or without /s")
    func rates() throws {
        #expect(try Quantities.rate("10MiB") == 10 << 20)
        #expect(try Quantities.rate("10MB/s") == 10_000_000)
        #expect(throws: ValueFault(Quantities.rateExpected)) { try Quantities.rate("/s") }
        #expect(throws: ValueFault(Quantities.rateExpected)) { try Quantities.rate("10/m") }
        #expect(throws: ValueFault("it is too large")) { try Quantities.rate("9000000000G") }
    }

    @Test("a rate that only a slip can mean is refused, with what was meant")
    func slowRates() throws {
        #expect(try Quantities.rate("0") == 0)
        #expect(try Quantities.rate("1K") == 1024)
        for (text, meant) in [("20", "20M"), ("0.5", "0.5M"), ("1.5", "1.5M"), ("1023", "1023M")] {
            let fault = #expect(throws: ValueFault.self) { try Quantities.rate(text) }
            #expect(fault?.reason.contains("did you mean \(meant)?") == true)
        }
        let fault = #expect(throws: ValueFault.self) { try Quantities.rate("0.5K/s") }
        #expect(fault?.reason.contains("did you mean") == false)
    }

    @Test(
        "durations have a unit; a bare number is seconds",
        arguments: [
            ("30s", .seconds(30)), ("10m", .seconds(600)), ("12h", .seconds(43_200)),
            ("30d", .seconds(2_592_000)), ("0s", .zero), ("1.5h", .seconds(5_400)),
            ("0.25s", .milliseconds(250)), ("30", .seconds(30)), ("1.5", .milliseconds(1500)),
            ("106751d", .seconds(106_751 * 86_400)),
        ] as [(String, Duration)])
    func durations(text: String, expected: Duration) throws {
        #expect(try Quantities.duration(text) == expected)
    }

    @Test("what is no duration is refused", arguments: ["", "s", "-1s", "1y", "30 s", "1ms"])
    func badDurations(text: String) {
        #expect(throws: ValueFault(Quantities.durationExpected)) { try Quantities.duration(text) }
    }

    @Test(
        "no duration overflows", arguments: ["106752d", "9223372036854775807d", "9999999999999h"])
    func longDurations(text: String) {
        #expect(throws: ValueFault("it is too large")) { try Quantities.duration(text) }
    }

    @Test("counts are whole and not negative")
    func counts() throws {
        #expect(try Quantities.count("0") == 0)
        #expect(try Quantities.count("1281167") == 1_281_167)
        for bad in ["", "-1", "1.0", "1.", "1K", "one", " 1"] {
            #expect(throws: ValueFault(Quantities.countExpected)) { try Quantities.count(bad) }
        }
        #expect(throws: ValueFault("it is too large")) {
            try Quantities.count("9223372036854775808")
        }
    }
}
