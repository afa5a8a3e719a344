internal import DatasetManifest

/// Judges an HTTP answer by its headers, before a byte of its body is taken.
///
/// It takes the header lines one by one and keeps a bounded amount, whatever the server sends.
struct ResponseGate: Sendable {
    struct Request: Sendable {
        /// The requested bytes of the file; not empty.
        var range: Range<Int64>
        /// The right size of the file, if it is known.
        var size: Int64?
        /// The version of the file when it was first seen.
        var validator: Validator?
        /// The hint where the server wants a login.
        var account: ManifestFile.Account = .maybe
        /// Whether only a validator tells that several ranges belong to the same file.
        var needsValidator = false
        /// Now, in seconds since 1970, for a server that names a time to wait for but not its own.
        var now: Int64 = 0
    }

    struct Answer: Sendable, Equatable {
        /// The whole file comes from its first byte, because the server knows no ranges.
        var isWhole: Bool
        var size: Int64
        var validator: Validator?
    }

    struct Refusal: Sendable, Equatable {
        enum Kind: Sendable, Equatable {
            /// Wrong, and it would be wrong again.
            case wrong
            /// The server wants a login, or refuses this one.
            case denied
            case absent
            /// Not now; with the seconds to wait, if the server says so.
            case busy(Int64?)
            case fault
            case changed
        }
        var kind: Kind
        /// The reason, to follow "cannot fetch URL:".
        var reason: String
    }

    enum Step: Sendable, Equatable {
        case more
        case redirected(String)
        case accepted(Answer)
        case refused(Refusal)
    }

    private let request: Request
    private var head = ResponseHead()
    private var lineCount = 0
    private var byteCount = 0

    private static let maximumLines = 256
    private static let maximumBytes = 64 << 10

    init(_ request: Request) { self.request = request }

    /// Takes the next header line; the empty one ends them.
    mutating func take(_ line: some Collection<UInt8>) -> Step {
        lineCount += 1
        byteCount += line.count
        guard lineCount <= Self.maximumLines, byteCount <= Self.maximumBytes else {
            return refuse(.wrong, "its response headers do not end")
        }
        let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }
        let isFolded = trimmed.count != line.count
        let text = trimmed.prefix { $0 != 0x0D && $0 != 0x0A }
        if text.isEmpty { return judge() }
        guard !isFolded, head.take(text) else {
            return refuse(.wrong, "its response headers are malformed")
        }
        return .more
    }

    private mutating func judge() -> Step {
        guard let status = head.status else {
            return refuse(.wrong, "its answer is not HTTP")
        }
        switch status {
        case 100, 102...199:
            // The real headers are still to come.
            head = ResponseHead()
            return .more
        case 206: return judgeRange()
        case 200: return judgeWhole()
        case 301, 302, 303, 307, 308:
            guard let location = head.location, !head.isContradictory else {
                return refuse(.wrong, "it redirects without saying where (status \(status))")
            }
            return .redirected(location)
        case 304:
            return refuse(.wrong, "it answered \"not modified\" (status 304) without being asked")
        case 401, 403, 407: return refuse(.denied, "it denies access (status \(status))")
        case 404, 410: return refuse(.absent, "it does not have the file (status \(status))")
        case 416: return judgeUnsatisfied()
        case 429, 503:
            let wait = head.retryAfter(now: request.now)
            let until = wait.map { ", and asks for a pause of \($0) s" } ?? ""
            return refuse(.busy(wait), "it is busy (status \(status))\(until)")
        case 408, 425, 500...599:
            return refuse(.fault, "it has an internal error (status \(status))")
        default: return refuse(.wrong, "it answered with status \(status)")
        }
    }

    private func judgeRange() -> Step {
        if head.isMultipart {
            return refuse(.wrong, "it sent several ranges instead of one")
        }
        if let refusal = refusalOfBody() { return .refused(refusal) }
        guard let sent = head.contentRange, let range = sent.range else {
            return refuse(.wrong, "it does not say which bytes it sends")
        }
        guard range == request.range else {
            return refuse(
                .wrong,
                "it sent the bytes \(Self.shown(range)), not the requested \(Self.shown(request.range))"
            )
        }
        guard let size = sent.size else {
            return refuse(.wrong, "it does not say how long the whole file is")
        }
        if let refusal = refusal(ofSize: size) { return .refused(refusal) }
        if let length = head.contentLength, length != Int64(range.count) {
            return refuse(
                .wrong, "it announces \(length) bytes, not the requested \(range.count)")
        }
        if let refusal = refusalOfChange() { return .refused(refusal) }
        if request.needsValidator, head.validator == nil, range.count < size {
            return refuse(
                .wrong,
                "a change of its file would go unnoticed: it sends neither a strong ETag nor "
                    + "Last-Modified")
        }
        return .accepted(Answer(isWhole: false, size: size, validator: head.validator))
    }

    private func judgeWhole() -> Step {
        if let refusal = refusalOfBody() { return .refused(refusal) }
        guard !head.isChunked, let length = head.contentLength else {
            return refuse(.wrong, "it does not say how much it sends")
        }
        if let refusal = refusal(ofSize: length) { return .refused(refusal) }
        if request.size == nil, length == 0 { return refuse(.wrong, "its file is empty") }
        if let refusal = refusalOfChange() { return .refused(refusal) }
        return .accepted(Answer(isWhole: true, size: length, validator: head.validator))
    }

    private func judgeUnsatisfied() -> Step {
        guard let sent = head.contentRange, sent.range == nil, let size = sent.size else {
            return refuse(.wrong, "it says that the file has no such bytes (status 416)")
        }
        // An empty file is a lost one.
        if request.size == nil, size == 0 { return refuse(.wrong, "its file is empty") }
        if let refusal = refusal(ofSize: size) { return .refused(refusal) }
        return refuse(
            .wrong,
            "it says that the file has no bytes \(Self.shown(request.range)) (status 416), and "
                + "also that it has \(size)")
    }

    /// What no body may be, whatever its place in the file.
    private func refusalOfBody() -> Refusal? {
        if head.isWebPage {
            let why = "it sent a web page instead of the file"
            return Refusal(kind: request.account == .none ? .wrong : .denied, reason: why)
        }
        if let encoding = head.contentEncoding, encoding != "identity" {
            return Refusal(
                kind: .wrong, reason: "it sent the file encoded (\(encoding)) without being asked")
        }
        if head.isContradictory {
            return Refusal(kind: .wrong, reason: "its answer contradicts itself")
        }
        return nil
    }

    private func refusal(ofSize size: Int64) -> Refusal? {
        guard let wanted = request.size, wanted != size else { return nil }
        return Refusal(kind: .wrong, reason: "its file has \(size) bytes, not \(wanted)")
    }

    private func refusalOfChange() -> Refusal? {
        // A server may leave the validator out of the answer to If-Range.
        guard let before = request.validator, let now = head.validator(like: before), now != before
        else { return nil }
        return Refusal(kind: .changed, reason: "its file changed while it was downloaded")
    }

    private func refuse(_ kind: Refusal.Kind, _ reason: String) -> Step {
        .refused(Refusal(kind: kind, reason: reason))
    }

    private static func shown(_ range: Range<Int64>) -> String {
        "\(range.lowerBound) to \(range.upperBound - 1)"
    }
}

/// What tells that a file on a server is still the one that was seen before.
enum Validator: Sendable, Hashable {
    /// A strong ETag; a weak one says only that the file means the same.
    case tag(String)
    case date(String)

    /// As it stands in `If-Range`.
    var text: String {
        switch self {
        case .tag(let text), .date(let text): text
        }
    }
}
