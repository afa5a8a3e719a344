internal import Disk

/// The header fields of an answer that matter here.
struct ResponseHead: Sendable {
    private(set) var status: Int?
    private(set) var contentLength: Int64?
    private(set) var contentRange: ContentRange?
    private(set) var contentEncoding: String?
    private(set) var location: String?
    private(set) var isMultipart = false
    private(set) var isWebPage = false
    private(set) var isChunked = false
    /// A field that may occur once occurs twice, with different values.
    private(set) var isContradictory = false
    private var tag: String?
    private var modified: String?
    private var date: String?
    private var retry: String?

    /// `Content-Range: bytes a-b/size`, or `bytes */size`.
    struct ContentRange: Sendable, Equatable {
        var range: Range<Int64>?
        var size: Int64?
    }

    /// Takes a line without its end; false if it is not HTTP.
    mutating func take(_ line: some Collection<UInt8>) -> Bool {
        if status == nil { return takeStatus(line) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon != line.startIndex else {
            return false
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = Self.trimmed(line[line.index(after: colon)...])
        return take(name, value)
    }

    private mutating func takeStatus(_ line: some Collection<UInt8>) -> Bool {
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].starts(with: "HTTP/".utf8), words[1].count == 3,
            let status = Self.number(words[1])
        else { return false }
        self.status = Int(status)
        return true
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "content-length":
            guard let length = Self.number(value.utf8) else { return false }
            isContradictory = Self.note(&contentLength, length) || isContradictory
        case "content-range":
            guard let range = ContentRange(value) else { return false }
            isContradictory = Self.note(&contentRange, range) || isContradictory
        case "content-encoding":
            isContradictory =
                Self.note(&contentEncoding, escaped(value.lowercased())) || isContradictory
        case "content-type":
            let type = value.lowercased()
            isWebPage =
                isWebPage || type.hasPrefix("text/html") || type.hasPrefix("application/xhtml")
            isMultipart = isMultipart || type.hasPrefix("multipart/")
        case "transfer-encoding": isChunked = true
        case "location": isContradictory = Self.note(&location, value) || isContradictory
        case "etag": isContradictory = Self.note(&tag, value) || isContradictory
        case "last-modified": isContradictory = Self.note(&modified, value) || isContradictory
        case "date": date = value
        case "retry-after": retry = value
        default: break
        }
        return true
    }

    private static func note<Value: Equatable>(_ field: inout Value?, _ value: Value) -> Bool {
        defer { field = value }
        return field.map { $0 != value } ?? false
    }

    /// The strong validator of the answer; nil where it has none.
    var validator: Validator? { strongTag ?? strongDate }

    /// A file may be written twice in one second of a date (RFC 9110, 8.8.2.2).
    private var strongDate: Validator? {
        guard let modified, let time = HTTPDate.seconds(modified),
            let now = date.flatMap({ HTTPDate.seconds($0) }), now > time
        else { return nil }
        return .date(modified)
    }

    func validator(like other: Validator) -> Validator? {
        switch other {
        case .tag: strongTag
        case .date: modified.map { .date($0) }
        }
    }

    private var strongTag: Validator? {
        guard let tag, tag.utf8.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\""),
            // We send it back in If-Range, which is one line.
            tag.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        return .tag(tag)
    }

    /// How many seconds the server asks us to wait, at most a day.
    func retryAfter(now: Int64) -> Int64? {
        guard let retry else { return nil }
        let day: Int64 = 24 * 60 * 60
        if let seconds = Self.number(retry.utf8) { return min(seconds, day) }
        guard let until = HTTPDate.seconds(retry) else { return nil }
        // By the server's clock if it tells it: ours may be wrong.
        let from = date.flatMap { HTTPDate.seconds($0) } ?? now
        return min(max(until - from, 0), day)
    }

    private static func trimmed(_ bytes: some Collection<UInt8>) -> String {
        let text = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        var end = text.endIndex
        for index in text.indices where text[index] != 0x20 && text[index] != 0x09 {
            end = text.index(after: index)
        }
        return text.isEmpty ? "" : String(decoding: text[..<end], as: UTF8.self)
    }

    /// A decimal number of digits alone; nil if it is none or too large.
    static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var result: Int64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            let (tens, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = tens.addingReportingOverflow(Int64(digit - 0x30))
            if overflow || tooLarge { return nil }
            result = sum
        }
        return result
    }
}

extension ResponseHead.ContentRange {
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let halves = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        if halves[1] != "*" {
            guard let size = ResponseHead.number(halves[1].utf8) else { return nil }
            self.size = size
        }
        if halves[0] == "*" { return }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = ResponseHead.number(ends[0].utf8),
            let last = ResponseHead.number(ends[1].utf8), first <= last, last < Int64.max,
            last < size ?? Int64.max
        else { return nil }
        range = first..<last + 1
    }
}

/// HTTP dates (RFC 9110, 5.6.7). Servers send only the first form: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    /// Seconds since 1970; nil for anything else.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT",
            let day = ResponseHead.number(words[1].utf8), 1...31 ~= day,
            let month = months.firstIndex(of: String(words[2])),
            words[3].utf8.count == 4, let year = ResponseHead.number(words[3].utf8), year >= 1970
        else { return nil }
        let time = words[4].split(separator: ":").map { ResponseHead.number($0.utf8) }
        guard time.count == 3, let hour = time[0], hour < 24, let minute = time[1], minute < 60,
            let second = time[2], second <= 60
        else { return nil }
        return days(year, Int64(month) + 1, day) * 86400 + hour * 3600 + minute * 60 + second
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Days since 1970, counting years from March so that the leap day is a year's last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let years = month > 2 ? year : year - 1
        let months = (month + 9) % 12
        let leapDays = years / 4 - years / 100 + years / 400
        return years * 365 + leapDays + (months * 153 + 2) / 5 + day - 1 - 719_468
    }
}
