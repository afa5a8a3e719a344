/// Several digests over one read: each buffer goes to all of them while it is in the cache.
///
///     var fan = HashFan([.md5, .sha256])
///     fan.update(buffer)
///     let digests = fan.digests
public struct HashFan: Sendable {
    private var hashers: [Hasher]

    /// A buffer is fed in steps of this size, so that the second hasher finds it in the cache.
    private static let step = 256 << 10

    public init(_ algorithms: some Sequence<DigestAlgorithm>) {
        hashers = Set(algorithms).sorted().map { Hasher($0) }
    }

    public var algorithms: [DigestAlgorithm] { hashers.map(\.algorithm) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count {
            let end = min(start + Self.step, bytes.count)
            let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            for index in hashers.indices { hashers[index].update(part) }
            start = end
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digests of everything so far, in the order of `DigestAlgorithm`.
    public var digests: [Digest] { hashers.map(\.digest) }

    /// The states of all digests, for `init(restoring:)`, under `Hasher.stateFormat`.
    public var savedStates: [DigestAlgorithm: [UInt8]] {
        Dictionary(uniqueKeysWithValues: hashers.map { ($0.algorithm, $0.savedState) })
    }

    /// Resumes from saved states; nil if one of them is invalid.
    public init?(restoring states: [DigestAlgorithm: [UInt8]]) {
        hashers = []
        for (algorithm, saved) in states.sorted(by: { $0.key < $1.key }) {
            guard let hasher = Hasher(algorithm, restoring: saved) else { return nil }
            hashers.append(hasher)
        }
    }
}
