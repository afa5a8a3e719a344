internal import Glibc

/// The locale under which libarchive turns names into bytes, whatever the process has chosen.
///
/// libarchive converts names that are declared as UTF-8 to the thread's locale. In the C locale it
/// gives up on all but ASCII and, for tar, hands over the bytes as they are, which is what we want;
/// under UTF-8 it would compose accents anew. For zip it hands over nothing at all in that case, so
/// there UTF-8 it must be.
final class NameLocale {
    private let raw: locale_t?

    init(forZip: Bool) {
        // LC_CTYPE_MASK is a macro that Swift does not see.
        raw = newlocale(1 << LC_CTYPE, forZip ? "C.UTF-8" : "C", nil)
    }

    deinit {
        if let raw { freelocale(raw) }
    }

    /// Runs `body` under this locale; only the calling thread sees it (`uselocale(3)`).
    func callAsFunction(_ body: () -> CInt) -> CInt {
        guard let raw else { return body() }
        let previous = uselocale(raw)
        defer { _ = uselocale(previous) }
        return body()
    }
}
