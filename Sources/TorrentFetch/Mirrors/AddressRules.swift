internal import Glibc

/// Which addresses belong to this machine or its network: a server outside must not send us there.
enum AddressRules {
    static func isInside(_ address: UnsafeRawBufferPointer) -> Bool {
        guard address.count >= MemoryLayout<sa_family_t>.size else { return true }
        switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard address.count >= 8 else { return true }
            return isInside(v4: Array(address[4..<8]))
        case AF_INET6:
            guard address.count >= 24 else { return true }
            return isInside(v6: Array(address[8..<24]))
        default: return true
        }
    }

    /// Whether the host of a URL is such an address; a name is not.
    static func isInside(host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        var bytes = [UInt8](repeating: 0, count: 16)
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast().prefix { $0 != "%" }
            guard inet_pton(AF_INET6, String(address), &bytes) == 1 else { return true }
            return isInside(v6: bytes)
        }
        guard inet_pton(AF_INET, host, &bytes) == 1 else { return false }
        return isInside(v4: Array(bytes[..<4]))
    }

    private static func isInside(v4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        // This network, private, carrier-grade NAT, loopback, link-local, private, special,
        // private, benchmarking, multicast and reserved (RFC 6890).
        case (0, _), (10, _), (100, 64...127), (127, _), (169, 254), (172, 16...31), (192, 168),
            (198, 18...19), (224..., _):
            true
        case (192, 0): bytes[2] == 0
        default: false
        }
    }

    private static func isInside(v6 bytes: [UInt8]) -> Bool {
        let isZero = bytes[..<10].allSatisfy { $0 == 0 }
        if isZero, bytes[10] == 0xFF, bytes[11] == 0xFF { return isInside(v4: Array(bytes[12...])) }
        // Unspecified, loopback, and IPv4 in the old notation.
        if isZero, bytes[10] == 0, bytes[11] == 0 { return true }
        // NAT64 leads to an IPv4 address (RFC 6052), 6to4 too (RFC 3056).
        if bytes[..<4].elementsEqual([0, 0x64, 0xFF, 0x9B]) {
            return isInside(v4: Array(bytes[12...]))
        }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return isInside(v4: Array(bytes[2..<6])) }
        // Unique local, link-local, site-local, multicast.
        return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] >= 0x80) || bytes[0] == 0xFF
    }
}
