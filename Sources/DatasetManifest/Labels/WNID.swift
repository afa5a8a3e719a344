/// The name of a WordNet noun, as ImageNet calls its classes: `n01440764`.
public struct WNID: Hashable, Sendable, Comparable {
    @usableFromInline let number: UInt32

    /// - Returns: nil unless these are an `n` and eight digits.
    @inlinable public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 9, bytes.first == UInt8(ascii: "n") else { return nil }
        var number: UInt32 = 0
        for byte in bytes.dropFirst() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
        }
        self.number = number
    }

    public init?(_ text: some StringProtocol) { self.init(bytes: Array(text.utf8)) }

    /// - Returns: nil for more than eight digits.
    package init?(number: UInt32) {
        guard number < 100_000_000 else { return nil }
        self.number = number
    }

    public static func < (a: WNID, b: WNID) -> Bool { a.number < b.number }
}

extension WNID: CustomStringConvertible {
    public var description: String {
        let digits = String(number)
        return "n" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}
