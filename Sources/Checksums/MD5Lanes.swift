internal import CCrypto
internal import Glibc

/// MD5 of several streams at once, each in a lane of the processor's vectors.
///
/// One MD5 uses a fraction of a core, because every step waits for the one before. Eight together take
/// little longer than one alone.
public enum MD5Lanes {
    /// How many streams go side by side.
    public static let count = 8

    /// The integer parts of 2 to the power of 32 times the sines of 1 to 64 (RFC 1321, 3.4).
    private static let sines: [UInt32] = (1...64).map { UInt32(abs(sin(Double($0))) * 0x1p32) }

    /// Feeds each hasher its own bytes, as `update` of each would.
    ///
    /// Hashers of other kinds, or in the middle of a block, are fed one after the other.
    public static func update(_ hashers: inout [Hasher], _ parts: [UnsafeRawBufferPointer]) {
        precondition(hashers.count == parts.count, "each hasher takes one part")
        var rests = parts
        var lanes = hashers.indices.filter {
            hashers[$0].isAtBlockOfMD5 && rests[$0].count >= 64
        }
        while lanes.count > 1 {
            let group = Array(lanes.prefix(count))
            let blocks = group.map { rests[$0].count / 64 }.min() ?? 0
            advance(&hashers, &rests, group, blocks)
            lanes.removeAll { rests[$0].count < 64 }
        }
        for index in hashers.indices { hashers[index].update(rests[index]) }
    }

    private static func advance(
        _ hashers: inout [Hasher], _ rests: inout [UnsafeRawBufferPointer], _ lanes: [Int],
        _ blocks: Int
    ) {
        var words = [UInt32](repeating: 0, count: 4 * count)
        for (lane, index) in lanes.enumerated() {
            (words[lane], words[count + lane], words[2 * count + lane], words[3 * count + lane]) =
                hashers[index].wordsOfMD5
        }
        // Unused lanes take the bytes of the first lane again.
        let starts = (0..<count).map { lane in
            rests[lanes[lane < lanes.count ? lane : 0]].baseAddress?
                .assumingMemoryBound(to: UInt8.self)
        }
        cl_md5_lanes(&words, starts, blocks, sines)
        for (lane, index) in lanes.enumerated() {
            hashers[index].advanceMD5(
                to: (
                    words[lane], words[count + lane], words[2 * count + lane],
                    words[3 * count + lane]
                ), bytes: blocks * 64)
            rests[index] = UnsafeRawBufferPointer(rebasing: rests[index][(blocks * 64)...])
        }
    }
}
