import Glibc

/// Parses `--peer` and `--port`.
enum PeerAddress {
    /// The numeric addresses of `HOST:PORT` (`getaddrinfo(3)`).
    static func resolve(_ text: String) throws(UsageError) -> [(address: String, port: UInt16)] {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0
        else {
            throw UsageError(.badValue, "bad value \"\(text)\" for --peer (expected HOST:PORT)")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else {
            throw UsageError(.badValue, "cannot find the peer \"\(text)\" (no such host)")
        }
        defer { freeaddrinfo(found) }
        var addresses: [(address: String, port: UInt16)] = []
        var next = found
        while let entry = next?.pointee {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0,
                NI_NUMERICHOST) == 0
            {
                let bytes = name.prefix { $0 != 0 }.map(UInt8.init)
                addresses.append((String(decoding: bytes, as: UTF8.self), port))
            }
            next = entry.ai_next
        }
        return addresses
    }

    /// `N` or `N-M`; nil means any port.
    static func ports(_ text: String?) throws(UsageError) -> ClosedRange<Int> {
        guard let text else { return 0...0 }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt16($0) }.map(Int.init)
        guard numbers.count == parts.count, (1...2).contains(numbers.count),
            let first = numbers.first, let last = numbers.last, first > 0, first <= last
        else {
            throw UsageError(
                .badValue, "bad value \"\(text)\" for --port (expected a port or a range N-M)")
        }
        return first...last
    }
}
