/// A kind of digest, in the order in which they are listed and saved.
public enum DigestAlgorithm: String, CaseIterable, Sendable, Comparable {
    case md5, sha1, sha256, xxh64

    /// The bytes of one digest.
    public var length: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .xxh64: 8
        }
    }

    /// XXH64 finds accidental damage; only the others detect forgery.
    public var isAuthentic: Bool { self != .xxh64 }

    public static func < (a: Self, b: Self) -> Bool { a.order < b.order }

    private var order: Int {
        switch self {
        case .md5: 0
        case .sha1: 1
        case .sha256: 2
        case .xxh64: 3
        }
    }
}

/// One digest, as a small value without heap storage.
///
///     let expected = Digest(.md5, hex: "1d675b47d978889d74fa0da5fadfb00e")
public struct Digest: Hashable, Sendable {
    public let algorithm: DigestAlgorithm
    // 32 bytes, the unused ones zero, so that the synthesised == and hash are right.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// - Returns: nil unless there are as many bytes as the algorithm makes.
    public init?(_ algorithm: DigestAlgorithm, _ bytes: some Collection<UInt8>) {
        guard bytes.count == algorithm.length else { return nil }
        self.algorithm = algorithm
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    /// - Returns: nil unless `hex` is hexadecimal, in either case, and of the right length.
    public init?(_ algorithm: DigestAlgorithm, hex: some StringProtocol) {
        guard let bytes = Checksums.bytes(fromHex: hex) else { return nil }
        self.init(algorithm, bytes)
    }

    public var bytes: [UInt8] {
        withUnsafeBytes(of: words) { Array($0.prefix(algorithm.length)) }
    }

    /// The digest in lower-case hexadecimal.
    public var hex: String { hexText(bytes) }

    public static func == (a: Digest, b: Digest) -> Bool {
        a.algorithm == b.algorithm && a.words == b.words
    }

    public func hash(into hasher: inout Swift.Hasher) {
        hasher.combine(words.0)
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { "\(algorithm.rawValue) \(hex)" }
}

/// Bytes in lower-case hexadecimal.
public func hexText(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
        var index = 0
        for byte in bytes {
            buffer[index] = digits[Int(byte >> 4)]
            buffer[index + 1] = digits[Int(byte & 15)]
            index += 2
        }
        return index
    }
}

/// The bytes of hexadecimal text; nil for any other text.
public func bytes(fromHex text: some StringProtocol) -> [UInt8]? {
    func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
            return nil
        }
        result.append(high << 4 | low)
    }
    return result
}
