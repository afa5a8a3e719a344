internal import Glibc

/// The locale under which libarchive turns names into bytes, whatever the process has chosen.
///
/// libarchive converts the names in a zip to the thread's locale. In the C locale it gives
/// nothing for a name that is not ASCII, so it has to be UTF-8.
final class NameLocale {
    // LC_CTYPE_MASK is a macro that Swift does not see.
    private let raw = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)

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
