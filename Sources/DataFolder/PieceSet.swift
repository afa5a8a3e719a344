internal import Checksums

/// Which pieces of a file are there: a bit a piece, 70,524 of them for the largest archive.
public struct PieceSet: Hashable, Sendable {
    public let count: Int
    /// How many are in the set; kept, because progress asks for it all the time.
    public private(set) var members = 0
    private var words: [UInt64]

    /// The empty set of `count` pieces.
    public init(count: Int) {
        self.count = max(count, 0)
        words = [UInt64](repeating: 0, count: (self.count + 63) / 64)
    }

    public var isEmpty: Bool { members == 0 }
    public var isComplete: Bool { members == count }

    public subscript(_ piece: Int) -> Bool {
        get {
            guard piece >= 0, piece < count else { return false }
            return words[piece >> 6] >> UInt64(piece & 63) & 1 == 1
        }
        set {
            guard piece >= 0, piece < count, self[piece] != newValue else { return }
            words[piece >> 6] ^= 1 << UInt64(piece & 63)
            members += newValue ? 1 : -1
        }
    }

    /// The first piece from `start` on that is missing; `count` if there is none.
    public func firstMissing(from start: Int = 0) -> Int {
        first(from: start) { ~words[$0] }
    }

    /// The first piece from `start` on that is there; `count` if there is none.
    public func firstPresent(from start: Int = 0) -> Int {
        first(from: start) { words[$0] }
    }

    /// All of `count` pieces.
    public static func all(_ count: Int) -> PieceSet {
        var set = PieceSet(count: count)
        for index in set.words.indices { set.words[index] = .max }
        if set.count & 63 != 0 { set.words[set.words.count - 1] = 1 << UInt64(set.count & 63) - 1 }
        set.members = set.count
        return set
    }

    /// The pieces of this set that are in none of the others: how many there are.
    public func count(without other: PieceSet) -> Int {
        zip(words, other.words).reduce(0) { $0 + ($1.0 & ~$1.1).nonzeroBitCount }
    }

    /// The first piece from `start` on that is in this set and in none of these two; `count` if
    /// there is none.
    public func first(from start: Int, without one: PieceSet, and other: PieceSet) -> Int {
        first(from: start) { words[$0] & ~one.words[$0] & ~other.words[$0] }
    }

    public mutating func insert(_ pieces: Range<Int>) {
        for piece in pieces { self[piece] = true }
    }

    /// The runs of missing pieces, in order.
    public var missingRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = firstMissing()
        while start < count {
            let end = firstPresent(from: start)
            ranges.append(start..<end)
            start = firstMissing(from: end)
        }
        return ranges
    }

    // A word at a time: a bit at a time is a quarter of a millisecond for the largest archive.
    private func first(from start: Int, _ wanted: (Int) -> UInt64) -> Int {
        var index = max(start, 0) >> 6
        var mask = UInt64.max << UInt64(max(start, 0) & 63)
        while index < words.count {
            let bits = wanted(index) & mask
            if bits != 0 { return min(index << 6 + bits.trailingZeroBitCount, count) }
            mask = .max
            index += 1
        }
        return count
    }
}

// MARK: As text

extension PieceSet {
    /// The bits in hexadecimal, the first piece being the highest bit of the first digit, as in
    /// BitTorrent's `bitfield`.
    public var hex: String {
        var bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
        for piece in 0..<count where self[piece] { bytes[piece >> 3] |= 0x80 >> UInt8(piece & 7) }
        return hexText(bytes)
    }

    /// - Returns: nil unless `hex` has the bits of exactly `count` pieces and none beyond.
    public init?(count: Int, hex: some StringProtocol) {
        guard let bytes = Checksums.bytes(fromHex: hex), count >= 0,
            bytes.count == count / 8 + (count % 8 > 0 ? 1 : 0)
        else { return nil }
        self.init(count: count)
        for piece in 0..<bytes.count * 8 where bytes[piece >> 3] << UInt8(piece & 7) & 0x80 != 0 {
            guard piece < count else { return nil }
            self[piece] = true
        }
    }
}
