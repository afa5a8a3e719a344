import Checksums

// Prints one line a digest: its name and the bytes a second that it takes in buffers of a mebibyte,
// the best of several rounds (`scripts/bench` puts them beside those of `openssl speed`).

let buffer = [UInt8](repeating: 0x5A, count: 1 << 20)
let clock = ContinuousClock()

func speed(_ body: () -> Void) -> Int {
    var best = 0.0
    for _ in 0..<5 {
        let rounds = 400
        let taken = clock.measure { for _ in 0..<rounds { body() } }
        let seconds = Double(taken.components.seconds) + Double(taken.components.attoseconds) / 1e18
        best = max(best, Double(rounds * buffer.count) / seconds)
    }
    return Int(best)
}

for algorithm in DigestAlgorithm.allCases {
    var hasher = Hasher(algorithm)
    print(algorithm.rawValue, speed { hasher.update(buffer) })
    // The result is used, so that nothing is left out as useless.
    precondition(hasher.digest.bytes.count == algorithm.length)
}
var crc = CRC32C()
print("crc32c", speed { crc.update(buffer) })
precondition(crc.value != 1)
// The bytes of all lanes together.
var lanes = [Hasher](repeating: Hasher(.md5), count: MD5Lanes.count)
let laneSpeed = buffer.withUnsafeBytes { bytes in
    let parts = [UnsafeRawBufferPointer](repeating: bytes, count: MD5Lanes.count)
    return speed { MD5Lanes.update(&lanes, parts) }
}
print("md5-lanes", laneSpeed * MD5Lanes.count)
precondition(lanes[0].digest == lanes[MD5Lanes.count - 1].digest)
