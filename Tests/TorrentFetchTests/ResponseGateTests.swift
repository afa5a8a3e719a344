import Support
import Testing

@testable import TorrentFetch

@Suite struct ResponseGateTests {
    private func judge(
        _ head: String, range: Range<Int64> = 100..<200, size: Int64? = 1000,
        validator: Validator? = nil, now: Int64 = 0
    ) -> ResponseGate.Step {
        var gate = ResponseGate(
            ResponseGate.Request(range: range, size: size, validator: validator, now: now))
        for line in head.split(separator: "\n", omittingEmptySubsequences: false) {
            let step = gate.take(Array((line + "\r\n").utf8))
            if step != .more { return step }
        }
        return gate.take(Array("\r\n".utf8))
    }

    private func kind(_ step: ResponseGate.Step) -> ResponseGate.Refusal.Kind? {
        if case .refused(let refusal) = step { refusal.kind } else { nil }
    }

    private static let right = "HTTP/1.1 206 Partial Content\nContent-Range: bytes 100-199/1000"

    @Test("the bytes that were asked for are taken, however the head spells them")
    func accepts() {
        let answer = ResponseGate.Answer(isWhole: false, size: 1000, validator: nil)
        for head in [
            Self.right, Self.right + "\nContent-Length: 100",
            Self.right + "\nContent-Length:100\nContent-length: \t 100 \t",
            "HTTP/1.0 206 \ncontent-range:BYTES 100-199/1000",
            "HTTP/1.1 206\nContent-Range: bytes 100-199/1000\nTransfer-Encoding: chunked",
            Self.right + "\nContent-Encoding: identity\nContent-Type: application/x-tar",
            "HTTP/1.1 100 Continue\n\n" + Self.right,
        ] {
            #expect(judge(head) == .accepted(answer), "\(head)")
        }
    }

    @Test(
        "any other range is refused",
        arguments: [
            "", "Content-Range: bytes 99-199/1000", "Content-Range: bytes 100-198/1000",
            "Content-Range: bytes 100-200/1000", "Content-Range: bytes 100-199/*",
            "Content-Range: bytes 100-199/999", "Content-Range: bytes */1000",
            "Content-Range: bytes 100-199/1000\nContent-Range: bytes 0-99/1000",
            "Content-Range: bytes 100-199/1000\nContent-Length: 99",
            "Content-Range: bytes 100-199/1000\nContent-Length: -1",
            "Content-Range: lines 100-199/1000", "Content-Range: bytes 199-100/1000",
            "Content-Range: bytes 100-1000/1000", "Content-Range: bytes 100--199/1000",
            "Content-Range: bytes 0x64-199/1000", "Content-Range: bytes +100-199/1000",
            "Content-Range: bytes 100-99999999999999999999/1000",
            "Content-Range: bytes 100-9223372036854775807/1000",
            "Content-Range: bytes 100-199/1000\n folded",
            "Content-Range: bytes 100-199/1000\nno colon",
            "Content-Range: bytes 100-199/1000\n: no name",
            "Content-Range: bytes 100-199/1000\nContent-Encoding: gzip",
            "Content-Range: bytes 100-199/1000\nContent-Type: Text/HTML; charset=utf-8",
        ])
    func refusesRange(fields: String) {
        let step = judge("HTTP/1.1 206 Partial Content" + (fields.isEmpty ? "" : "\n" + fields))
        #expect(kind(step) == .wrong || kind(step) == .denied, "\(step)")
    }

    @Test("the whole file is taken whatever part was asked for, at its exact length")
    func whole() {
        let head = "HTTP/1.1 200 OK\nContent-Length: 1000"
        let answer = ResponseGate.Answer(isWhole: true, size: 1000, validator: nil)
        #expect(judge(head, range: 0..<100) == .accepted(answer))
        #expect(judge(head) == .accepted(answer))
        #expect(kind(judge("HTTP/1.1 200 OK", range: 0..<100)) == .wrong)
        #expect(kind(judge("HTTP/1.1 200 OK\nContent-Length: 999", range: 0..<100)) == .wrong)
        let chunked = head + "\nTransfer-Encoding: chunked"
        #expect(kind(judge(chunked, range: 0..<100)) == .wrong)
        #expect(judge(head, range: 0..<1, size: nil) == .accepted(answer))
    }

    @Test("status decides how it goes on")
    func statuses() {
        #expect(kind(judge("HTTP/1.1 401 No")) == .denied)
        #expect(kind(judge("HTTP/1.1 404 No")) == .absent)
        #expect(kind(judge("HTTP/1.1 410 No")) == .absent)
        #expect(kind(judge("HTTP/1.1 304 No")) == .wrong)
        #expect(kind(judge("HTTP/1.1 416 No\nContent-Range: bytes */1000")) == .wrong)
        #expect(kind(judge("HTTP/1.1 502 No")) == .fault)
        #expect(kind(judge("HTTP/1.1 204 No")) == .wrong)
        #expect(kind(judge("HTTP/1.1 101 Switching")) == .wrong)
        #expect(kind(judge("SSH-2.0-x")) == .wrong)
        #expect(kind(judge("HTTP/1.1 2060 x")) == .wrong)
        #expect(judge("HTTP/1.1 302 F\nLocation: /a b") == .redirected("/a b"))
        #expect(kind(judge("HTTP/1.1 302 F\nLocation: /a\nLocation: /b")) != nil)
        for empty in [
            "HTTP/1.1 416 No\nContent-Range: bytes */0", "HTTP/1.1 200 OK\nContent-Length: 0",
        ] {
            #expect(kind(judge(empty, range: 0..<1, size: nil)) == .wrong)
        }
    }

    @Test("Retry-After counts in seconds and by the server's own clock")
    func retryAfter() {
        #expect(kind(judge("HTTP/1.1 503 No")) == .busy(nil))
        #expect(kind(judge("HTTP/1.1 503 No\nRetry-After: 120")) == .busy(120))
        #expect(kind(judge("HTTP/1.1 429 No\nRetry-After: 99999999999999999999")) == .busy(nil))
        #expect(kind(judge("HTTP/1.1 429 No\nRetry-After: 999999999")) == .busy(86400))
        #expect(kind(judge("HTTP/1.1 429 No\nRetry-After: -5")) == .busy(nil))
        let until = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(
            kind(judge("HTTP/1.1 503 No\n\(until)\nDate: Sun, 06 Nov 1994 08:48:37 GMT"))
                == .busy(60))
        #expect(kind(judge("HTTP/1.1 503 No\n\(until)", now: 784_111_777 - 5)) == .busy(5))
        #expect(kind(judge("HTTP/1.1 503 No\n\(until)", now: 784_111_777 + 5)) == .busy(0))
    }

    @Test(
        "dates are those of date(1)",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Thu, 31 Dec 2099 12:00:00 GMT", 4_102_401_600),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
            ("Sun Nov  6 08:49:37 1994", nil), ("Sun, 06 Nov 1994 08:49 GMT", nil), ("", nil),
            ("Sun, 06 Nov 9999999999 08:49:37 GMT", nil),
        ] as [(String, Int64?)])
    func dates(text: String, seconds: Int64?) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test("a strong validator tells a changed file, a weak one nothing")
    func validators() {
        func validator(_ fields: String) -> Validator? {
            if case .accepted(let answer) = judge(Self.right + fields) {
                answer.validator
            } else {
                nil
            }
        }
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        let now = "Sun, 06 Nov 1994 08:49:38 GMT"
        #expect(validator("\nETag: \"x\"\nLast-Modified: \(date)") == .tag("\"x\""))
        #expect(
            validator("\nETag: W/\"x\"\nLast-Modified: \(date)\nDate: \(now)") == .date(date))
        // It may be written to once more within that second.
        #expect(validator("\nLast-Modified: \(date)\nDate: \(date)") == nil)
        #expect(validator("\nLast-Modified: \(date)") == nil)
        #expect(validator("\nETag: W/\"x\"") == nil)
        #expect(validator("\nETag: x") == nil)
        let changed = judge(Self.right + "\nETag: \"y\"", validator: .tag("\"x\""))
        #expect(kind(changed) == .changed)
        #expect(kind(judge(Self.right, validator: .tag("\"x\""))) == nil)
        #expect(
            kind(
                judge(
                    "HTTP/1.1 200 OK\nContent-Length: 1000\nETag: \"y\"", validator: .tag("\"x\"")))
                == .changed)
    }

    @Test("parts that only a validator holds together are refused without a strong one")
    func needsValidator() {
        func judge(_ fields: String, _ range: Range<Int64> = 100..<200) -> ResponseGate.Step {
            var gate = ResponseGate(
                ResponseGate.Request(range: range, size: 1000, needsValidator: true))
            let head =
                "HTTP/1.1 206 Partial Content\nContent-Range: bytes "
                + "\(range.lowerBound)-\(range.upperBound - 1)/1000\n\(fields)"
            for line in head.split(separator: "\n") {
                _ = gate.take(Array((line + "\r\n").utf8))
            }
            return gate.take(Array("\r\n".utf8))
        }
        #expect(kind(judge("ETag: W/\"x\"")) == .wrong)
        #expect(kind(judge("X: y")) == .wrong)
        #expect(kind(judge("ETag: \"x\"")) == nil)
        // All of it in one answer is of one piece.
        #expect(kind(judge("X: y", 0..<1000)) == nil)
    }

    @Test("a head without end is cut off")
    func bounded() {
        var gate = ResponseGate(ResponseGate.Request(range: 0..<1))
        _ = gate.take(Array("HTTP/1.1 206 x\r\n".utf8))
        var lines = 0
        while gate.take(Array("X: y\r\n".utf8)) == .more { lines += 1 }
        #expect(lines < 300)
        var other = ResponseGate(ResponseGate.Request(range: 0..<1))
        let long = Array(repeating: UInt8(ascii: "x"), count: 100_000)
        #expect(other.take(long) != .more)
    }

    @Test("no bytes make it trap")
    func anyBytes() {
        var numbers = SeededNumbers(seed: 11)
        let lines = [
            "HTTP/1.1 206 OK", "HTTP/1.1 200 OK", "Content-Range: bytes 0-0/1", "Content-Length: 1",
            "ETag: \"a\"", "Retry-After: 1", "Location: x", "",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var gate = ResponseGate(ResponseGate.Request(range: 0..<1, size: 1))
            for _ in 0..<6 {
                var line = lines[Int(numbers.next() % UInt64(lines.count))]
                for _ in 0..<Int(numbers.next() % 4) where !line.isEmpty {
                    let place = Int(numbers.next() % UInt64(line.count))
                    line[place] = UInt8(truncatingIfNeeded: numbers.next())
                }
                if gate.take(line + [13, 10]) != .more { break }
            }
        }
    }
}
