internal import CCrypto
internal import CXXHash

/// One digest being computed. Feed it bytes in order, then ask for the result; asking does not end
/// it, so the digest of everything so far is available at any time.
///
///     var hasher = Hasher(.sha256)
///     hasher.update(bytes)
///     print(hasher.digest.hex)
public struct Hasher: Sendable {
    // The contexts are plain C structs: no allocation, no exchange of pointers, and their bytes
    // are the state that a journal keeps.
    private enum State {
        case md5(MD5_CTX)
        case sha1(SHA_CTX)
        case sha256(SHA256_CTX)
        case xxh64(XXH64_state_t)
    }

    public let algorithm: DigestAlgorithm
    private var state: State

    public init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .md5:
            var context = MD5_CTX()
            MD5_Init(&context)
            state = .md5(context)
        case .sha1:
            var context = SHA_CTX()
            SHA1_Init(&context)
            state = .sha1(context)
        case .sha256:
            var context = SHA256_CTX()
            SHA256_Init(&context)
            state = .sha256(context)
        case .xxh64:
            var context = XXH64_state_t()
            XXH64_reset(&context, 0)
            state = .xxh64(context)
        }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        switch state {
        case .md5(var context):
            MD5_Update(&context, base, bytes.count)
            state = .md5(context)
        case .sha1(var context):
            SHA1_Update(&context, base, bytes.count)
            state = .sha1(context)
        case .sha256(var context):
            SHA256_Update(&context, base, bytes.count)
            state = .sha256(context)
        case .xxh64(var context):
            XXH64_update(&context, base, bytes.count)
            state = .xxh64(context)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of everything so far.
    public var digest: Digest {
        var result = [UInt8](repeating: 0, count: algorithm.length)
        result.withUnsafeMutableBufferPointer { finish(into: $0) }
        // `result` was made as long as the algorithm's digests are.
        guard let digest = Digest(algorithm, result) else {
            preconditionFailure("a digest of \(result.count) bytes for \(algorithm)")
        }
        return digest
    }

    /// The first 16 bytes of the digest as big-endian numbers, for sorting by it. Nothing is
    /// allocated.
    public var leadingWords: (UInt64, UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { bytes in
            bytes.initialize(repeating: 0)
            finish(into: bytes)
            let words = UnsafeRawBufferPointer(bytes)
            return (
                UInt64(bigEndian: words.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: words.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// - Parameter bytes: at least as many as the algorithm's digests have.
    private func finish(into bytes: UnsafeMutableBufferPointer<UInt8>) {
        switch state {
        case .md5(var context): MD5_Final(bytes.baseAddress, &context)
        case .sha1(var context): SHA1_Final(bytes.baseAddress, &context)
        case .sha256(var context): SHA256_Final(bytes.baseAddress, &context)
        case .xxh64(var context):
            let value = XXH64_digest(&context)
            for index in 0..<8 {
                bytes[index] = UInt8(truncatingIfNeeded: value >> (56 - 8 * index))
            }
        }
    }

    // MARK: Lanes

    /// Whether this is an MD5 that has taken whole blocks of 64 bytes.
    var isAtBlockOfMD5: Bool {
        if case .md5(let context) = state { context.num == 0 } else { false }
    }

    /// The state words of an MD5.
    var wordsOfMD5: (UInt32, UInt32, UInt32, UInt32) {
        guard case .md5(let context) = state else { return (0, 0, 0, 0) }
        return (context.A, context.B, context.C, context.D)
    }

    /// Sets the state of an MD5 after whole blocks.
    mutating func advanceMD5(to words: (UInt32, UInt32, UInt32, UInt32), bytes: Int) {
        guard case .md5(var context) = state else { return }
        (context.A, context.B, context.C, context.D) = words
        // The context counts bits, in two halves, and lets them wrap around.
        let bits =
            (UInt64(context.Nh) << 32 | UInt64(context.Nl)) &+ UInt64(bytes) &<< 3
        context.Nl = UInt32(truncatingIfNeeded: bits)
        context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
        state = .md5(context)
    }

    /// The digest of one piece of memory.
    public static func digest(_ algorithm: DigestAlgorithm, _ bytes: UnsafeRawBufferPointer)
        -> Digest
    {
        var hasher = Hasher(algorithm)
        hasher.update(bytes)
        return hasher.digest
    }

    public static func digest(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { digest(algorithm, $0) }
    }
}

// MARK: Saved states

extension Hasher {
    /// Names the layout of a saved state: the libraries' versions and the sizes of their structs.
    /// A state is only restored under the same format; otherwise the bytes are read again.
    public static let stateFormat: String = {
        let openssl = String(OpenSSL_version_num(), radix: 16)
        let sizes = [
            MemoryLayout<MD5_CTX>.size, MemoryLayout<SHA_CTX>.size,
            MemoryLayout<SHA256_CTX>.size, MemoryLayout<XXH64_state_t>.size,
        ]
        let order = Int(1).littleEndian == 1 ? "le" : "be"
        return "openssl-\(openssl) xxhash-\(XXH_versionNumber()) \(order) "
            + sizes.map { "\($0)" }.joined(separator: ",")
    }()

    /// The state as bytes, for `init(_:restoring:)`.
    package var savedState: [UInt8] {
        switch state {
        case .md5(let context): withUnsafeBytes(of: context) { Array($0) }
        case .sha1(let context): withUnsafeBytes(of: context) { Array($0) }
        case .sha256(let context): withUnsafeBytes(of: context) { Array($0) }
        case .xxh64(let context): withUnsafeBytes(of: context) { Array($0) }
        }
    }

    /// Resumes from a saved state. The caller has compared `stateFormat`.
    ///
    /// - Returns: nil for invalid bytes. The counters that the C code uses as indices are checked, so
    ///   that other damage can only give wrong digests.
    public init?(_ algorithm: DigestAlgorithm, restoring saved: [UInt8]) {
        self.algorithm = algorithm
        switch algorithm {
        case .md5:
            guard let context = load(MD5_CTX.self, saved), context.num < 64 else { return nil }
            state = .md5(context)
        case .sha1:
            guard let context = load(SHA_CTX.self, saved), context.num < 64 else { return nil }
            state = .sha1(context)
        case .sha256:
            guard let context = load(SHA256_CTX.self, saved), context.num < 64,
                context.md_len == 32
            else { return nil }
            state = .sha256(context)
        case .xxh64:
            guard let context = load(XXH64_state_t.self, saved), context.memsize < 32 else {
                return nil
            }
            state = .xxh64(context)
        }
    }
}

private func load<Context: BitwiseCopyable>(_ type: Context.Type, _ saved: [UInt8]) -> Context? {
    guard saved.count == MemoryLayout<Context>.size else { return nil }
    return saved.withUnsafeBytes { $0.loadUnaligned(as: type) }
}
