import Disk
internal import Synchronization

/// A web server on 127.0.0.1 with one file, that tells lies about it.
public final class LyingServer: Sendable {
    /// What it does with a request for a range of its file.
    public enum Lie: Sendable {
        case none
        case webPage(status: String)
        /// The whole file, whatever was asked for.
        case ignoresRange
        /// The whole file, with another length in its head.
        case wholeOfLength(Int)
        /// The bytes from so much farther on, and says so.
        case shifted(Int)
        /// The right bytes, for a file of another size.
        case total(Int)
        /// The right bytes, under another ETag, from this request on.
        case tag(String)
        /// The right range, but these bytes of the file are others.
        case wrongBytes(Range<Int>)
        /// Only so many bytes of those it announced.
        case short(Int)
        /// A reset connection after so many bytes.
        case reset(Int)
        /// One byte after the other, slowly.
        case drip
        /// All of it, at so many bytes a second.
        case slow(Int)
        /// All but the last so many bytes of what it announced, and then nothing.
        case holdsBack(Int)
        /// Nothing at all.
        case silence
        /// A field more in the head of a right answer.
        case field(String)
        /// A status without a body, and fields.
        case status(String, fields: String)
        /// More bytes than were asked for, without a length.
        case endless
        /// A head that does not end.
        case endlessHead
    }

    private let server: LoopbackServer
    private let seen: Requests

    private final class Requests: Sendable {
        let heads = Monitor<[String]>([])
    }

    public var url: String { server.url }
    public var port: UInt16 { server.port }

    /// The heads of all requests so far.
    public var requests: [String] { seen.heads.update { $0 } }

    /// - Parameter lie: what to do with which request, counted from 0.
    public init(
        _ contents: [UInt8], tag: String? = "\"a\"", _ lie: @escaping @Sendable (Int) -> Lie
    ) throws {
        let seen = Requests()
        self.seen = seen
        server = try LoopbackServer { connection in
            let number = seen.heads.update { heads in
                heads.append(connection.head)
                return heads.count - 1
            }
            Self.answer(connection, contents, tag, lie(number))
        }
    }

    private static func answer(
        _ connection: LoopbackServer.Connection, _ contents: [UInt8], _ tag: String?, _ lie: Lie
    ) {
        guard let range = connection.range, range.upperBound < contents.count else {
            return connection.answer("400 Bad Request", type: "text/plain")
        }
        var body = Array(contents[range])
        var sent = range
        var total = contents.count
        var tag = tag
        var extra = ""
        switch lie {
        case .none: break
        case .webPage(let status):
            return connection.answer(status, type: "text/html", Array("<p>Log in".utf8))
        case .ignoresRange:
            return connection.answer("200 OK", type: "application/x-tar", contents)
        case .wholeOfLength(let length):
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n")
            connection.send(contents)
            return
        case .shifted(let distance):
            sent = sent.lowerBound + distance...sent.upperBound + distance
        case .total(let size): total = size
        case .tag(let other): tag = other
        case .wrongBytes(let wrong):
            for place in wrong where range.contains(place) {
                body[place - range.lowerBound] ^= 0x55
            }
        case .short(let count): body = Array(body.prefix(count))
        case .reset(let count):
            connection.send(head(range, total, tag))
            connection.send(Array(body.prefix(count)))
            // Time for what was sent to arrive: a reset overtakes it.
            pause(milliseconds: 50)
            return connection.reset()
        case .drip:
            connection.send(head(range, total, tag))
            return drip(connection, body, at: 10)
        case .slow(let rate):
            connection.send(head(range, total, tag))
            return drip(connection, body, at: rate)
        case .holdsBack(let count):
            connection.send(head(range, total, tag))
            connection.send(Array(body.dropLast(count)))
            return connection.stall()
        case .silence: return connection.stall()
        case .field(let line): extra = line + "\r\n"
        case .status(let status, let fields):
            connection.send(
                "HTTP/1.1 \(status)\r\n\(fields)Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        case .endless:
            connection.send(
                "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n"
                    + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound)/\(total)\r\n"
                    + "\r\n"
            )
            while connection.send(body) {}
            return
        case .endlessHead:
            connection.send("HTTP/1.1 206 Partial Content\r\n")
            while connection.send(Array("X-Filler: 0123456789\r\n".utf8)) {}
            return
        }
        connection.send(head(sent, total, tag, extra))
        connection.send(body)
    }

    private static func drip(
        _ connection: LoopbackServer.Connection, _ body: [UInt8], at rate: Int
    ) {
        var rest = body[...]
        while !rest.isEmpty, connection.send(Array(rest.prefix(rate / 10))) {
            rest = rest.dropFirst(rate / 10)
            pause(milliseconds: 100)
        }
    }

    private static func head(
        _ range: ClosedRange<Int>, _ total: Int, _ tag: String?, _ extra: String = ""
    ) -> String {
        "HTTP/1.1 206 Partial Content\r\nContent-Length: \(range.count)\r\n"
            + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound)/\(total)\r\n"
            + (tag.map { "ETag: \($0)\r\n" } ?? "") + extra + "Connection: close\r\n\r\n"
    }
}
