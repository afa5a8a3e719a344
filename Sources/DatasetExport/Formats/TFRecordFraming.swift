internal import Checksums

/// What a TFRecord file has around an example: its length, the masked CRC-32C of the length, the
/// example, and the example's masked CRC-32C.
enum TFRecordFraming {
    /// Length and its CRC, and the CRC of the example.
    static let overhead = 16
    /// The space that `finish` needs before the features: length, CRC and the outer field, which are
    /// 8 + 4 + 1 + 10 bytes at most.
    static let headRoom = 24

    /// Frames an example whose features around the image are there, those before it after `headRoom`
    /// bytes of space.
    static func finish(_ frame: inout ShardFrame, _ image: UnsafeRawBufferPointer) {
        let inner = frame.before.count - headRoom + image.count + frame.after.count
        let length = TFExample.fieldSize(inner)
        frame.before.removeFirst(headRoom - 12 - (length - inner))
        var place = 0
        func put(_ byte: UInt8, _ bytes: inout [UInt8]) {
            bytes[place] = byte
            place += 1
        }
        for shift in stride(from: 0, to: 64, by: 8) {
            put(UInt8(truncatingIfNeeded: UInt64(length) >> UInt64(shift)), &frame.before)
        }
        var crc = CRC32C()
        frame.before.withUnsafeBytes { crc.update(UnsafeRawBufferPointer(rebasing: $0[..<8])) }
        let ofLength = crc.masked
        for shift in stride(from: 0, to: 32, by: 8) {
            put(UInt8(truncatingIfNeeded: ofLength >> UInt32(shift)), &frame.before)
        }
        put(1 << 3 | 2, &frame.before)
        var rest = UInt64(inner)
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80, &frame.before)
            rest >>= 7
        }
        put(UInt8(rest), &frame.before)
        crc = CRC32C()
        frame.before.withUnsafeBytes { crc.update(UnsafeRawBufferPointer(rebasing: $0[12...])) }
        crc.update(image)
        crc.update(frame.after)
        frame.after.appendLittleEndian(crc.masked)
    }
}
