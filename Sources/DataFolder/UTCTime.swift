internal import Glibc

/// A wall-clock time, in whole seconds of UTC, for receipts. Durations are
/// measured with a monotonic clock.
public struct UTCTime: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let secondsSince1970: Int64

    // 0001-01-01 and 9999-12-31: years of four digits.
    private static let known: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Times before the year 1 or after 9999 become the first or last that can be written.
    public init(secondsSince1970: Int64) {
        self.secondsSince1970 = min(
            max(secondsSince1970, Self.known.lowerBound), Self.known.upperBound)
    }

    public static var now: UTCTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(secondsSince1970: Int64(time.tv_sec))
    }

    /// In ISO 8601: `2026-01-31T23:59:59Z`.
    public var description: String {
        let day = Self.floor(secondsSince1970, 86_400)
        let second = secondsSince1970 - day * 86_400
        // Howard Hinnant's days_from_civil, inverted: eras of 400 years, years that
        // begin in March, so that the leap day is the last of a year.
        let shifted = day + 719_468
        let era = Self.floor(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let civilYear = year + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return Self.digits(civilYear, 4) + "-" + Self.digits(civilMonth, 2) + "-"
            + Self.digits(date, 2) + "T" + Self.digits(second / 3600, 2) + ":"
            + Self.digits(second / 60 % 60, 2) + ":" + Self.digits(second % 60, 2) + "Z"
    }

    /// Reads what `description` writes; nil for anything else, such as the 30th of February.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            bytes[range].reduce(0) { value, byte in
                guard let value, (0x30...0x39).contains(byte) else { return nil }
                return value * 10 + Int64(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            1...12 ~= month, 1...31 ~= day
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = Self.floor(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(secondsSince1970: days * 86_400 + hour * 3600 + minute * 60 + second)
        // An invalid date comes out as a different date.
        guard description.utf8.elementsEqual(bytes) else { return nil }
    }

    public static func < (a: UTCTime, b: UTCTime) -> Bool {
        a.secondsSince1970 < b.secondsSince1970
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
