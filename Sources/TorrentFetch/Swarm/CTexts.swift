internal import CTorrent
internal import Glibc

extension String {
    /// The text as C takes it: its first byte and its length.
    func withSpan<R>(
        _ body: ((base: UnsafePointer<CChar>, count: Int)) -> R
    ) -> R {
        withCString { body(($0, utf8.count)) }
    }
}

func withTexts<R>(
    _ strings: [String], _ body: (UnsafeBufferPointer<ct_text>) -> R
) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let texts = copies.compactMap { copy in copy.map { ct_text(bytes: $0, count: strlen($0)) } }
    return texts.withUnsafeBufferPointer(body)
}
