internal import CZlib

/// The chunks of a PNG in order; the last one may be cut.
struct PNGChunks: Sequence, IteratorProtocol {
    struct Chunk {
        let name: String
        let data: UnsafeRawBufferPointer
        let isWhole: Bool
        fileprivate let body: Slice<UnsafeRawBufferPointer>

        var isSound: Bool {
            guard body.base.count - body.endIndex >= 4 else { return false }
            let start = body.base.baseAddress.map { $0 + body.startIndex }
            let sum = crc32_z(0, start?.assumingMemoryBound(to: UInt8.self), body.count)
            return number(body.base, at: body.endIndex) == Int(sum)
        }
    }

    private let bytes: UnsafeRawBufferPointer
    /// After the signature.
    private var index = 8

    init(_ image: UnsafeRawBufferPointer) { bytes = image }

    mutating func next() -> Chunk? {
        guard bytes.count - index >= 8 else { return nil }
        let length = number(bytes, at: index)
        let body = bytes[index + 4..<Swift.min(index + 8 + length, bytes.count)]
        guard body.prefix(4).allSatisfy(Self.isInNames) else { return nil }
        index += 12 + length
        let data = UnsafeRawBufferPointer(rebasing: body.dropFirst(4))
        return Chunk(
            name: String(decoding: body.prefix(4), as: UTF8.self), data: data,
            isWhole: data.count == length, body: body)
    }

    /// Letters by the standard; Pillow accepts digits and underscores as well.
    private static func isInNames(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

private func number(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
    bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
}
