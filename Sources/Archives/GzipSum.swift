internal import CZlib
internal import Disk

/// Holds what came out of a gzip against the checksum at its end, which libarchive does not look at.
struct GzipSum {
    /// Checksum and length of what was compressed (RFC 1952, 2.3.1).
    private static let trailerLength = 8

    private var sum: UInt = 0
    private var count: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sum = crc32_z(sum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        count &+= UInt32(truncatingIfNeeded: bytes.count)
    }

    /// Whether the file ends with another checksum of as many bytes. Where it was made of several
    /// parts, the last one's says nothing of the whole.
    func isRefuted(by file: borrowing FileDescriptor) throws(DiskError) -> Bool {
        let trailer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.trailerLength, alignment: 8)
        defer { trailer.deallocate() }
        let start = max(try file.size() - Int64(trailer.count), 0)
        guard try file.readUpTo(trailer, at: start) == trailer.count else { return false }
        return trailer.number(at: 4) == count && UInt(trailer.number(at: 0)) != sum
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func number(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
