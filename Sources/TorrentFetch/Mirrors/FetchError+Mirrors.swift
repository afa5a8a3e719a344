internal import CCurl
internal import DatasetManifest
internal import Disk

extension FetchError {
    /// A header line that is not sent. Its value may be a key, so it is not shown.
    static func headerRefused(_ line: String, _ why: String) -> FetchError {
        let name = line.split(separator: ":", maxSplits: 1).first ?? ""
        return FetchError(
            .urlRefused, "refused the header \"\(escaped(String(name)))\": \(why)")
    }

    /// `mirror` failed; the last URL it redirected to was `url`.
    static func mirror(
        _ code: Code, _ mirror: Mirror, at url: String? = nil, _ why: String, hint: Remedy? = nil
    ) -> FetchError {
        let way = url.flatMap { $0 == mirror.description ? nil : " (redirected to \(escaped($0)))" }
        var hint = hint ?? Self.hint(for: code)
        // A folder is not opened in a browser.
        if hint != nil, mirror.host == nil, code == .mirrorRefused, hint == Self.hint(for: code) {
            hint = "does the folder exist, and is it readable? name another source with \(.mirror)"
        }
        return FetchError(
            code, "cannot fetch \(mirror)\(way ?? ""): \(why)", hint: hint)
    }

    static func mirror(
        _ refusal: ResponseGate.Refusal, _ mirror: Mirror, at url: String?
    ) -> FetchError {
        let code: Code
        var hint: Remedy?
        switch refusal.kind {
        case .busy, .fault:
            code = .stalled
            hint = "try again later, or name another mirror with \(.mirror)"
        case .denied:
            code = .mirrorRefused
            hint = hintOfDenial(mirror)
        case .absent:
            code = .mirrorRefused
            hint =
                "is the address right? one that ends in / is a folder, any other is the file itself"
        case .wrong, .changed: code = .mirrorRefused
        }
        return .mirror(code, mirror, at: url, refusal.reason, hint: hint)
    }

    static func mirror(
        _ failure: CurlTransfer.Failure, _ mirror: Mirror, at url: String?,
        hiding credentials: ImageNetCredentials?
    ) -> FetchError {
        let text = continued(failure.text)
        let shown = credentials?.hidden(in: text) ?? text
        let code = Code(failure.code)
        return .mirror(code, mirror, at: url, escaped(shown))
    }

    private static func hintOfDenial(_ mirror: Mirror) -> Remedy? {
        if mirror.isImageNet {
            return "this file needs an account at image-net.org: give the user name and the access "
                + "key with \(.credentials)"
        }
        return mirror.account == .none
            ? "name another mirror with \(.mirror)"
            : "the server wants a login: see \(.netrc), \(.header) and \(.credentials)"
    }
}
