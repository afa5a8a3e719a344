import CZlib

@testable import DatasetManifest

/// MAT files made by hand, in either byte order, sound or not.
struct MatBytes {
    private(set) var bytes: [UInt8]
    private let isBigEndian: Bool

    init(isBigEndian: Bool) {
        self.isBigEndian = isBigEndian
        bytes = [UInt8](repeating: 0x20, count: 124)
        bytes += isBigEndian ? [1, 0] + Array("MI".utf8) : [0, 1] + Array("IM".utf8)
    }

    /// Adds a matrix with these parts behind its name.
    mutating func variable(
        _ name: String, classNumber: Int, _ dimensions: [UInt64],
        _ parts: [(MatType, [[(UInt64, Int)]])]
    ) {
        var body = element(.uint32, number(UInt64(classNumber), 4) + number(0, 4))
        body += element(.int32, dimensions.flatMap { number($0, 4) })
        body += element(.int8, Array(name.utf8))
        for (type, items) in parts {
            body += element(type, items.joined().flatMap { number($0.0, $0.1) })
        }
        bytes += element(.matrix, body)
    }

    /// Adds cells of one cell each, the innermost empty: so many matrices in each other.
    mutating func nestedCells(depth: Int) {
        var inner: [UInt8] = []
        for level in 0..<depth {
            var body = element(.uint32, number(1, 4) + number(0, 4))
            body += element(.int32, number(level == 0 ? 0 : 1, 4) + number(1, 4))
            body += element(.int8, level == depth - 1 ? [0x78] : [])
            inner = element(.matrix, body + inner)
        }
        bytes += inner
    }

    /// Adds a compressed element: a tag and then zeros.
    mutating func compressed(tag: [UInt32], zeros: Int) {
        let plain = tag.flatMap { number(UInt64($0), 4) } + [UInt8](repeating: 0, count: zeros)
        var length = compressBound(uLong(plain.count))
        var packed = [UInt8](repeating: 0, count: Int(length))
        _ = compress2(&packed, &length, plain, uLong(plain.count), 1)
        bytes += number(15, 4) + number(UInt64(length), 4) + packed.prefix(Int(length))
    }

    private func element(_ type: MatType, _ data: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
        return number(UInt64(type.rawValue), 4) + number(UInt64(data.count), 4) + data + padding
    }

    private func number(_ value: UInt64, _ width: Int) -> [UInt8] {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        return isBigEndian ? little.reversed() : little
    }
}
