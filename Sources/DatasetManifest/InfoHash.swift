public import Checksums

/// The 20 bytes that name a torrent (BEP 3): the SHA-1 of its info dictionary.
public struct InfoHash: Hashable, Sendable {
    public static let length = 20

    /// The same bytes as a SHA-1 digest.
    public let digest: Digest

    /// - Returns: nil unless there are 20 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard let digest = Digest(.sha1, bytes) else { return nil }
        self.digest = digest
    }

    /// - Returns: nil unless `hex` is 40 hexadecimal digits, in either case.
    public init?(hex: some StringProtocol) {
        guard let digest = Digest(.sha1, hex: hex) else { return nil }
        self.digest = digest
    }

    /// The hash in old magnet links: 32 digits of RFC 4648 base 32.
    ///
    /// - Returns: nil unless `base32` is 32 such digits, in either case.
    public init?(base32: some StringProtocol) {
        guard base32.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var accumulator: UInt32 = 0
        var bitCount = 0
        for digit in base32.utf8 {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = digit - UInt8(ascii: "2") + 26
            default: return nil
            }
            accumulator = (accumulator << 5 | UInt32(value)) & 0xFFF
            bitCount += 5
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bitCount)))
            }
        }
        self.init(bytes)
    }

    public var bytes: [UInt8] { digest.bytes }

    /// The hash in lower-case hexadecimal.
    public var hex: String { digest.hex }
}

extension InfoHash: CustomStringConvertible {
    public var description: String { hex }
}
