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

    /// The class of a class tar, by its name in an archive: `n01440764.tar`, in any folder.
    package init?<Name: BidirectionalCollection<UInt8>>(ofTar name: Name) {
        guard name.suffix(4).elementsEqual(".tar".utf8) else { return nil }
        let stem = name.dropLast(4)
        let start = stem.lastIndex(of: UInt8(ascii: "/")).map { stem.index(after: $0) }
        self.init(bytes: stem[(start ?? stem.startIndex)...])
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
