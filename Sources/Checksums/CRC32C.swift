internal import CXXHash

/// CRC-32C (Castagnoli), as TFRecord files and journals use it, by the processor's instruction if
/// it has one.
///
///     var crc = CRC32C()
///     crc.update(bytes)
///     print(crc.value)
public struct CRC32C: Sendable {
    private var register: UInt32 = .max
    private static let inHardware = cx_has_crc32c() != 0

    public init() {}

    public var value: UInt32 { ~register }

    /// The value over all of these bytes.
    public static func value(of bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }

    /// The value as TFRecord stores it, rotated and offset, so that a CRC over data that holds CRCs
    /// stays useful.
    public var masked: UInt32 { (value >> 15 | value << 17) &+ 0xA282_EAD8 }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        if Self.inHardware {
            register = cx_crc32c(register, base.assumingMemoryBound(to: UInt8.self), bytes.count)
        } else {
            register = Self.bySoftware(register, bytes)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The same byte by byte: for processors without the instruction, and for tests.
    static func bySoftware(_ register: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var register = register
        for byte in bytes {
            register = table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ (register >> 8)
        }
        return register
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
        }
    }
}
