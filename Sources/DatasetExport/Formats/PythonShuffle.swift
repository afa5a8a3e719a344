/// Python 3's `random.seed(seed); random.shuffle(list(range(n)))`, number for number, as in
/// build_imagenet_data.py. Python 2 draws other numbers.
///
/// The generator is the Mersenne Twister, MT19937.
struct PythonShuffle: Sendable {
    private static let length = 624
    private var state: [UInt32]
    private var index = PythonShuffle.length

    init(seed: UInt64) {
        // init_by_array with the seed's words as the key.
        let low = UInt32(truncatingIfNeeded: seed)
        let high = UInt32(truncatingIfNeeded: seed >> 32)
        let key = high == 0 ? [low] : [low, high]
        state = Self.start(19_650_218)
        var (place, word) = (1, 0)
        func turn(_ state: inout [UInt32]) {
            place += 1
            if place == Self.length {
                state[0] = state[Self.length - 1]
                place = 1
            }
        }
        for _ in 0..<Self.length {
            let before = state[place - 1]
            state[place] =
                (state[place] ^ (before ^ before >> 30) &* 1_664_525) &+ key[word] &+ UInt32(word)
            turn(&state)
            word = (word + 1) % key.count
        }
        for _ in 1..<Self.length {
            let before = state[place - 1]
            state[place] =
                (state[place] ^ (before ^ before >> 30) &* 1_566_083_941) &- UInt32(place)
            turn(&state)
        }
        state[0] = 0x8000_0000
    }

    static func permutation(_ count: Int, seed: UInt64) -> [UInt32] {
        var numbers = Array(0..<UInt32(clamping: count))
        var generator = PythonShuffle(seed: seed)
        for index in stride(from: numbers.count - 1, to: 0, by: -1) {
            numbers.swapAt(index, Int(generator.next(below: UInt32(index) + 1)))
        }
        return numbers
    }

    /// Draws as many bits as `limit` has, until they are below it.
    private mutating func next(below limit: UInt32) -> UInt32 {
        let shift = UInt32(limit.leadingZeroBitCount)
        while true {
            let value = next() >> shift
            if value < limit { return value }
        }
    }

    mutating func next() -> UInt32 {
        if index == Self.length { refill() }
        var value = state[index]
        index += 1
        value ^= value >> 11
        value ^= value << 7 & 0x9D2C_5680
        value ^= value << 15 & 0xEFC6_0000
        return value ^ value >> 18
    }

    private mutating func refill() {
        for place in 0..<Self.length {
            let joined =
                state[place] & 0x8000_0000 | state[(place + 1) % Self.length] & 0x7FFF_FFFF
            let twisted = joined >> 1 ^ (joined & 1 == 1 ? 0x9908_B0DF : 0)
            state[place] = state[(place + 397) % Self.length] ^ twisted
        }
        index = 0
    }

    private static func start(_ seed: UInt32) -> [UInt32] {
        var state = [seed]
        for index in 1..<UInt32(length) {
            let before = state[Int(index) - 1]
            state.append(1_812_433_253 &* (before ^ before >> 30) &+ index)
        }
        return state
    }
}
