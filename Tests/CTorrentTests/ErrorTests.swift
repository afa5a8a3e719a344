import CTorrent
import CTorrentTesting
import Glibc
import Testing

@Suite struct ErrorTests {
    private func thrown(_ what: ct_thrown, _ text: [UInt8] = []) -> (Bool, ct_error) {
        var error = ct_error()
        // What an earlier error has left must not show through.
        error.code = 77
        let bytes = text.map { CChar(bitPattern: $0) }
        let done = ct_testing_throw(what, bytes, bytes.count, &error)
        return (done, error)
    }

    @Test("a call that goes well clears the error")
    func success() {
        let (done, error) = thrown(.nothing)
        #expect(done && error.domain == .none && error.code == 0 && error.text.isEmpty)
    }

    @Test(
        "every kind of exception comes back as an error",
        arguments: [
            (ct_thrown.libtorrent, ct_domain.libtorrent),
            (.boost_system, .system), (.system, .system), (.bad_alloc, .shim),
            (.runtime_error, .other), (.no_exception_class, .other),
        ])
    func exceptions(what: ct_thrown, domain: ct_domain) {
        let (done, error) = thrown(what, Array("what happened".utf8))
        #expect(!done && error.domain == domain)
        #expect(!error.text.isEmpty)
    }

    @Test("codes are those of their domain")
    func codes() {
        #expect(thrown(.boost_system).1.code == ENOSPC)
        #expect(thrown(.system).1.code == EAGAIN)
        #expect(thrown(.bad_alloc).1.code == ct_fault.out_of_memory.rawValue)
        #expect(thrown(.runtime_error, Array("why".utf8)).1.text == "why")
        #expect(thrown(.no_exception_class).1.text == "unknown C++ exception")
    }

    @Test("a long message is cut between characters", arguments: ["a", "é", "€", "😀"])
    func truncation(character: String) {
        for shift in 0..<5 {
            let text =
                String(repeating: "x", count: shift) + String(repeating: character, count: 300)
            let message = thrown(.runtime_error, Array(text.utf8)).1.text
            #expect(text.hasPrefix(message))
            #expect((252...255).contains(message.utf8.count))
        }
    }

    @Test("a message of just the length that fits is not cut")
    func fits() {
        let text = String(repeating: "x", count: 253) + "é"
        #expect(thrown(.runtime_error, Array(text.utf8)).1.text == text)
    }

    @Test("a long message that is no UTF-8 is cut all the same")
    func continuationBytesOnly() {
        let (_, error) = thrown(.runtime_error, Array(repeating: 0x80, count: 600))
        withUnsafeBytes(of: error.message) { #expect($0[254] == 0x80 && $0[255] == 0) }
    }

    @Test("the version is that of the library, not of the headers alone")
    func version() {
        #expect(String(cString: ct_version()).hasPrefix("2.0."))
    }
}

extension ct_error {
    var text: String {
        withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
