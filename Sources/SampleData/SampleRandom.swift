/// Pseudo-random numbers from a key (SplitMix64): the same on every machine, in whatever order the
/// parts of a sample are made.
struct SampleRandom: Sendable {
    /// What a key is for: equal numbers in different places give different keys.
    enum Purpose: UInt64 {
        case wnids = 1, ids, counts, numbers, style, valLabels, valOrder, testLabels, patch, boxes
        case trainPicture, valPicture, testPicture, patchPicture
    }

    private var state: UInt64

    init(key: UInt64) { state = key }

    init(_ seed: UInt64, _ purpose: Purpose, _ first: Int = 0, _ second: Int = 0) {
        var key = seed
        for part in [purpose.rawValue, UInt64(first), UInt64(second)] {
            var step = SampleRandom(key: key ^ part &* 0x9FB2_1C65_1E98_DF25)
            key = step.next()
        }
        state = key
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func next(in range: ClosedRange<Int>) -> Int {
        let count = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int(next().multipliedFullWidth(by: count).high)
    }

    mutating func chance(_ share: Int) -> Bool { next(in: 0...999) < share }

    mutating func permutation(_ count: Int) -> [Int] {
        var result = Array(0..<count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            result.swapAt(index, next(in: 0...index))
        }
        return result
    }
}
