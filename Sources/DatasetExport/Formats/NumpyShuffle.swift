/// numpy's `default_rng(seed).permutation(n)`, number for number, which shuffles the training
/// images of how-to-imagenet.
///
/// The seed goes through `SeedSequence` (O'Neill's `seed_seq_fe`) into PCG64, with 128 bits of
/// state (XSL-RR). The shuffle draws by masks and rejection, unlike most of numpy.
struct NumpyShuffle: Sendable {
    private static let multiplier: UInt128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645

    private var state: UInt128
    private let increment: UInt128
    /// The unused high half of the last 64 bits.
    private var spare: UInt32?

    init(seed: UInt64) {
        let words = Self.seedWords(seed)
        increment = (UInt128(words[2]) << 64 | UInt128(words[3])) << 1 | 1
        state = 0
        step()
        state &+= UInt128(words[0]) << 64 | UInt128(words[1])
        step()
    }

    static func permutation(_ count: Int, seed: UInt64) -> [UInt32] {
        var numbers = Array(0..<UInt32(clamping: count))
        var generator = NumpyShuffle(seed: seed)
        numbers.withUnsafeMutableBufferPointer { numbers in
            for index in stride(from: numbers.count - 1, to: 0, by: -1) {
                numbers.swapAt(index, Int(generator.next(upTo: UInt32(index))))
            }
        }
        return numbers
    }

    private mutating func next(upTo limit: UInt32) -> UInt32 {
        let mask = UInt32.max >> UInt32(limit.leadingZeroBitCount)
        while true {
            let value = next32() & mask
            if value <= limit { return value }
        }
    }

    private mutating func next32() -> UInt32 {
        if let value = spare {
            spare = nil
            return value
        }
        let value = next64()
        spare = UInt32(truncatingIfNeeded: value >> 32)
        return UInt32(truncatingIfNeeded: value)
    }

    mutating func next64() -> UInt64 {
        step()
        let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
        let turn = UInt64(truncatingIfNeeded: state >> 122)
        return folded >> turn | folded << ((64 - turn) & 63)
    }

    private mutating func step() { state = state &* Self.multiplier &+ increment }

    // MARK: The seed

    /// The four words that `SeedSequence(seed)` gives to PCG64.
    static func seedWords(_ seed: UInt64) -> [UInt64] {
        var constant: UInt32 = 0x43B0_D7E5
        func hashed(_ word: UInt32) -> UInt32 {
            var word = word ^ constant
            constant = constant &* 0x931E_8875
            word = word &* constant
            return word ^ word >> 16
        }
        var pool = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32), 0, 0]
        for index in pool.indices { pool[index] = hashed(pool[index]) }
        for source in pool.indices {
            for target in pool.indices where target != source {
                let mixed = 0xCA01_F9DD &* pool[target] &- 0x4973_F715 &* hashed(pool[source])
                pool[target] = mixed ^ mixed >> 16
            }
        }
        var other: UInt32 = 0x8B51_F9DD
        let halves = (0..<8).map { index in
            var word = pool[index % 4] ^ other
            other = other &* 0x58F3_8DED
            word = word &* other
            return UInt64(word ^ word >> 16)
        }
        return (0..<4).map { halves[2 * $0] | halves[2 * $0 + 1] << 32 }
    }
}
