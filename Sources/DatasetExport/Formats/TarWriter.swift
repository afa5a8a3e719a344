package import Disk

/// A tar in memory, in POSIX ustar format, the same bytes on every machine: times, owners and modes
/// are given, not taken from files.
///
///     var tar = TarWriter()
///     try tar.append("n01440764_10026.JPEG", bytes)
///     tar.finish()
///     try file.write(tar.take(), at: 0)
///
/// For a large tar, call `take()` now and then; `length` counts on.
package struct TarWriter: Sendable {
    /// Of every member.
    package struct Attributes: Sendable, Hashable {
        package var mode: UInt32
        package var owner: Int64
        package var group: Int64
        /// Seconds since 1970.
        package var modified: Int64

        package init(
            mode: UInt32 = 0o644, owner: Int64 = 0, group: Int64 = 0, modified: Int64 = 0
        ) {
            self.mode = mode
            self.owner = owner
            self.group = group
            self.modified = modified
        }
    }

    package static let blockSize = 512
    /// A tar's length is a multiple of this, as with tar(1).
    package static let recordSize = 10240

    package let attributes: Attributes
    private var pending: [UInt8] = []
    private var taken: Int64 = 0

    package init(_ attributes: Attributes = Attributes()) { self.attributes = attributes }

    /// Including bytes that were taken.
    package var length: Int64 { taken + Int64(pending.count) }

    /// Appends a member with all its bytes.
    package mutating func append(_ name: Path, _ contents: UnsafeRawBufferPointer)
        throws(ExportError)
    {
        pending += try Self.header(name, size: Int64(contents.count), attributes)
        pending.append(contentsOf: contents)
        pad()
    }

    /// Appends a member with all its bytes.
    package mutating func append(_ name: Path, _ contents: [UInt8]) throws(ExportError) {
        pending += try Self.header(name, size: Int64(contents.count), attributes)
        pending += contents
        pad()
    }

    /// Appends a folder; its name gets a slash.
    package mutating func appendFolder(_ name: Path) throws(ExportError) {
        let name = name.hasSuffix("/") ? name : Path(bytes: name.bytes + [UInt8(ascii: "/")])
        var attributes = attributes
        attributes.mode |= 0o111
        pending += try Self.header(name, size: 0, attributes, isFolder: true)
    }

    package mutating func finish() {
        pending += Self.ending(after: length)
    }

    /// The zeros that end a tar of this length: two blocks, and the rest of a record.
    package static func ending(after length: Int64) -> [UInt8] {
        let least = Int(length % Int64(recordSize)) + 2 * blockSize
        return [UInt8](
            repeating: 0, count: 2 * blockSize + (recordSize - least % recordSize) % recordSize)
    }

    /// Returns the bytes since the last call.
    package mutating func take() -> [UInt8] {
        taken += Int64(pending.count)
        let result = pending
        pending = []
        return result
    }

    private mutating func pad() {
        let rest = Int(length % Int64(Self.blockSize))
        if rest > 0 { pending.append(contentsOf: repeatElement(0, count: Self.blockSize - rest)) }
    }
}

// MARK: Headers

extension TarWriter {
    /// A header block (POSIX.1-1988 ustar).
    ///
    /// - Throws: `.unwritable` if the name, the size or the time does not fit.
    package static func header(
        _ name: Path, size: Int64, _ attributes: Attributes, isFolder: Bool = false
    ) throws(ExportError) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        let (prefix, rest) = try split(name)
        block.replaceSubrange(0..<rest.count, with: rest)
        block.replaceSubrange(345..<345 + prefix.count, with: prefix)
        func put(_ value: Int64, at offset: Int, digits: Int) throws(ExportError) {
            guard value >= 0, value >> Int64(3 * digits) == 0 else {
                throw .tarNumber(name, value)
            }
            for index in 0..<digits {
                let digit = UInt8(value >> Int64(3 * (digits - 1 - index)) & 7)
                block[offset + index] = UInt8(ascii: "0") + digit
            }
        }
        try put(Int64(attributes.mode), at: 100, digits: 7)
        try put(attributes.owner, at: 108, digits: 7)
        try put(attributes.group, at: 116, digits: 7)
        try put(size, at: 124, digits: 11)
        try put(attributes.modified, at: 136, digits: 11)
        block[156] = isFolder ? UInt8(ascii: "5") : UInt8(ascii: "0")
        block.replaceSubrange(257..<265, with: Array("ustar\u{0}00".utf8))
        // GNU tar writes device numbers for all files.
        try put(0, at: 329, digits: 7)
        try put(0, at: 337, digits: 7)
        // The checksum counts its own field as spaces.
        block.replaceSubrange(148..<156, with: repeatElement(UInt8(ascii: " "), count: 8))
        try put(block.reduce(0) { $0 + Int64($1) }, at: 148, digits: 6)
        block[154] = 0
        return block
    }

    /// Headers of files with the same attributes, written into a buffer: where there are millions of
    /// them, none may cost an allocation.
    struct HeaderTemplate: Sendable {
        private let attributes: Attributes
        /// A header without a name, and spaces in the field of the checksum.
        private let block: [UInt8]
        private let sum: Int

        init(_ attributes: Attributes) throws(ExportError) {
            self.attributes = attributes
            var block = try TarWriter.header("x", size: 0, attributes)
            block[0] = 0
            block.replaceSubrange(148..<156, with: repeatElement(UInt8(ascii: " "), count: 8))
            self.block = block
            sum = block.reduce(0) { $0 + Int($1) }
        }

        /// Appends the header of `stem` and `suffix` together.
        func append(
            _ stem: ArraySlice<UInt8>, _ suffix: StaticString, size: Int, to bytes: inout [UInt8]
        ) throws(ExportError) {
            let length = stem.count + suffix.utf8CodeUnitCount
            guard length <= 100, size >= 0, size >> 33 == 0 else {
                let name = Path(bytes: stem).appendingSuffix("\(suffix)")
                bytes += try TarWriter.header(name, size: Int64(size), attributes)
                return
            }
            let start = bytes.count
            bytes += block
            var sum = sum
            var place = start
            for byte in stem {
                bytes[place] = byte
                sum += Int(byte)
                place += 1
            }
            for byte in suffix.bytes {
                bytes[place] = byte
                sum += Int(byte)
                place += 1
            }
            var rest = size
            place = start + 134
            while rest > 0 {
                bytes[place] += UInt8(rest & 7)
                sum += rest & 7
                rest >>= 3
                place -= 1
            }
            for index in 0..<6 {
                bytes[start + 148 + index] =
                    UInt8(ascii: "0") + UInt8(sum >> (3 * (5 - index)) & 7)
            }
            bytes[start + 154] = 0
        }
    }

    /// A name of more than 100 bytes is split at a slash.
    private static func split(_ name: Path) throws(ExportError) -> ([UInt8], [UInt8]) {
        let bytes = name.bytes
        if bytes.isEmpty { throw .tarName(name) }
        if bytes.count <= 100 { return ([], bytes) }
        let earliest = max(bytes.count - 101, 1)
        let latest = min(155, bytes.count - 2)
        guard earliest <= latest,
            let slash = (earliest...latest).first(where: { bytes[$0] == UInt8(ascii: "/") })
        else { throw .tarName(name) }
        return (Array(bytes[..<slash]), Array(bytes[(slash + 1)...]))
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
