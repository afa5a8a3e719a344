/// Sizes, rates and durations as people write them. Only the last byte is rounded, and nothing
/// overflows.
enum Quantities {
    static let sizeExpected = "expected a size such as 512MiB, 1.5G or 2GB"
    static let rateExpected = "expected a rate per second such as 10MiB or 2M"
    static let durationExpected = "expected a time such as 30s, 10m, 12h or 30d"
    static let countExpected = "expected a whole number"
    private static let tooLarge = ValueFault("it is too large")

    /// Bytes: `K M G T` and `KiB MiB GiB TiB` are powers of 1024, `KB MB GB TB` of 1000; a bare
    /// number is bytes.
    static func size(_ text: some StringProtocol) throws(ValueFault) -> Int64 {
        guard let number = Decimal(text.utf8), let unit = sizeUnit(number.rest) else {
            throw ValueFault(sizeExpected)
        }
        guard let result = number.times(unit) else { throw tooLarge }
        return result
    }

    /// Bytes as MosaicML spells them, with `kb mb gb` in 1024.
    static func binarySize(_ text: String) throws(ValueFault) -> Int64 {
        try size(
            text.lowercased().replacing("kb", with: "k").replacing("mb", with: "m")
                .replacing("gb", with: "g"))
    }

    /// No rate is lower: a bare 20 is meant in megabytes.
    static let leastRate: Int64 = 1 << 10

    /// Bytes per second: a size, with or without `/s`.
    static func rate(_ text: some StringProtocol) throws(ValueFault) -> Int64 {
        let size = text.hasSuffix("/s") ? text.dropLast(2) : text[...]
        let rate: Int64
        do {
            rate = try self.size(size)
        } catch {
            throw error == tooLarge ? error : ValueFault(rateExpected)
        }
        // 0 is no limit, as for curl and aria2.
        let isZero = !size.utf8.contains { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
        guard rate >= leastRate || isZero else {
            let isBare = size.last?.isASCII == true && size.last?.isNumber == true
            throw ValueFault(
                "it is below 1 KiB per second; "
                    + (isBare ? "did you mean \(size)M?" : rateExpected))
        }
        return rate
    }

    /// A time with its unit, `s m h d`; a bare number is seconds.
    static func duration(_ text: some StringProtocol) throws(ValueFault) -> Duration {
        guard let number = Decimal(text.utf8), let unit = durationUnit(number.rest) else {
            throw ValueFault(durationExpected)
        }
        // In milliseconds, so that 0.5s is valid; limited to what fits into nanoseconds, as timers
        // and timestamps need.
        guard let milliseconds = number.times(unit * 1000), milliseconds <= Int64.max / 1_000_000
        else { throw tooLarge }
        return .milliseconds(milliseconds)
    }

    /// A whole number in decimal digits.
    static func count(_ text: some StringProtocol) throws(ValueFault) -> Int64 {
        guard let number = Decimal(text.utf8), number.rest.isEmpty, number.fraction == 0,
            !text.utf8.contains(UInt8(ascii: "."))
        else { throw ValueFault(countExpected) }
        guard let result = number.times(1) else { throw tooLarge }
        return result
    }

    private static func sizeUnit(_ suffix: String) -> UInt64? {
        switch suffix {
        case "", "b": 1
        case "k", "kib": 1 << 10
        case "m", "mib": 1 << 20
        case "g", "gib": 1 << 30
        case "t", "tib": 1 << 40
        case "kb": 1_000
        case "mb": 1_000_000
        case "gb": 1_000_000_000
        case "tb": 1_000_000_000_000
        default: nil
        }
    }

    private static func durationUnit(_ suffix: String) -> UInt64? {
        switch suffix {
        case "", "s": 1
        case "m": 60
        case "h": 3_600
        case "d": 86_400
        default: nil
        }
    }

    /// Digits, perhaps a fraction, and the rest in lower case.
    private struct Decimal {
        /// Saturated: an overflow is too large with every unit.
        private(set) var whole: UInt64 = 0
        private(set) var fraction: UInt64 = 0
        private var scale: UInt64 = 1
        private(set) var rest = ""

        init?(_ bytes: some Sequence<UInt8>) {
            var digits = 0
            var isFraction = false
            var iterator = bytes.makeIterator()
            while let byte = iterator.next() {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    digits += 1
                    add(UInt64(byte - UInt8(ascii: "0")), isFraction)
                case UInt8(ascii: ".") where !isFraction && digits > 0:
                    isFraction = true
                    digits = 0
                default:
                    guard digits > 0 else { return nil }
                    let suffix = [byte] + Array(IteratorSequence(iterator).prefix(8))
                    rest = String(decoding: suffix, as: UTF8.self).lowercased()
                    return
                }
            }
            if digits == 0 { return nil }
        }

        private mutating func add(_ digit: UInt64, _ isFraction: Bool) {
            if isFraction {
                // Digits after the eighteenth are less than a byte of any unit.
                guard scale < 1_000_000_000_000_000_000 else { return }
                fraction = fraction * 10 + digit
                scale *= 10
            } else {
                let (product, over) = whole.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(digit)
                whole = over || carry ? .max : sum
            }
        }

        func times(_ unit: UInt64) -> Int64? {
            let parts = UInt128(fraction) * UInt128(unit) / UInt128(scale)
            return Int64(exactly: UInt128(whole) * UInt128(unit) + parts)
        }
    }
}
