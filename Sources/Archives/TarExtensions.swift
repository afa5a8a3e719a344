internal import Disk

/// What extra headers say of the next member: GNU's long names and pax records.
final class TarExtensions {
    /// The limit for such a header; a name of 64 KiB and some records need less.
    static let longest: Int64 = 1 << 20
    static let longestName = 64 << 10

    let name = ByteArena()
    let link = ByteArena()
    let userName = ByteArena()
    let groupName = ByteArena()
    private(set) var hasName = false
    private(set) var hasLink = false
    private(set) var hasUserName = false
    private(set) var hasGroupName = false
    private var nameIsPax = false
    private var nameIsSparse = false
    private var linkIsPax = false
    private(set) var size: Int64?
    private(set) var modified: Int64?
    private(set) var user: Int64?
    private(set) var group: Int64?
    /// The length of a sparse file with its holes.
    private(set) var sparseSize: Int64?
    private(set) var sparseMajor: Int64?
    private var isEmpty = true

    func removeAll() {
        if isEmpty { return }
        (hasName, hasLink, hasUserName, hasGroupName) = (false, false, false, false)
        (nameIsPax, nameIsSparse, linkIsPax) = (false, false, false)
        (size, modified, user, group, sparseSize, sparseMajor) = (nil, nil, nil, nil, nil, nil)
        isEmpty = true
    }

    // MARK: GNU

    /// The name, or the target, of the member that follows (`L` and `K`).
    func takeLong(_ bytes: UnsafeRawBufferPointer, isLink: Bool) {
        isEmpty = false
        let text = bytes.prefix { $0 != 0 }
        // If pax says it too, pax counts, whichever comes first.
        if isLink, !linkIsPax {
            link.set(text)
            hasLink = true
        } else if !isLink, !nameIsPax {
            name.set(text)
            hasName = true
        }
    }

    // MARK: pax

    /// The records of an extended header (pax(1), "pax Extended Header"): `LENGTH KEY=VALUE\n`.
    ///
    /// - Returns: false if they are invalid.
    func takeRecords(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isEmpty = false
        var index = 0
        while index < bytes.count {
            let start = index
            var length = 0
            while index < bytes.count, (0x30...0x39).contains(bytes[index]), length < 10_000_000 {
                length = length * 10 + Int(bytes[index] - 0x30)
                index += 1
            }
            guard index > start, index < bytes.count, bytes[index] == 0x20,
                length > index - start + 1, length <= bytes.count - start,
                bytes[start + length - 1] == 0x0A
            else { return false }
            let record = UnsafeRawBufferPointer(rebasing: bytes[index + 1..<start + length - 1])
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return false }
            let key = UnsafeRawBufferPointer(rebasing: record[..<equals])
            let value = UnsafeRawBufferPointer(rebasing: record[(equals + 1)...])
            guard take(key, value) else { return false }
            index = start + length
        }
        return true
    }

    private func take(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        func isKey(_ text: StaticString) -> Bool {
            key.elementsEqual(
                UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        // A record without a value removes what others say.
        func number(_ result: inout Int64?) -> Bool {
            result = Self.number(value)
            return result != nil || value.isEmpty
        }
        if isKey("path") {
            if !nameIsSparse { name.set(value.prefix { $0 != 0 }) }
            hasName = true
            nameIsPax = true
        } else if isKey("GNU.sparse.name") {
            name.set(value.prefix { $0 != 0 })
            hasName = true
            nameIsPax = true
            nameIsSparse = true
        } else if isKey("linkpath") {
            link.set(value.prefix { $0 != 0 })
            hasLink = true
            linkIsPax = true
        } else if isKey("size") {
            return number(&size)
        } else if isKey("mtime") {
            modified = Self.seconds(value)
        } else if isKey("uid") {
            user = Self.number(value)
        } else if isKey("gid") {
            group = Self.number(value)
        } else if isKey("uname") {
            userName.set(value)
            hasUserName = true
        } else if isKey("gname") {
            groupName.set(value)
            hasGroupName = true
        } else if isKey("GNU.sparse.size") || isKey("GNU.sparse.realsize")
            || isKey("SCHILY.realsize")
        {
            return number(&sparseSize)
        } else if isKey("GNU.sparse.major") {
            return number(&sparseMajor)
        }
        return true
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative ? 1 : 0)
        if digits.isEmpty { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (shifted, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, over) = shifted.addingReportingOverflow(Int64(digit - 0x30))
            if tooBig || over { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// Whole seconds of a time that may have a fraction, rounded down.
    private static func seconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        let point = text.firstIndex(of: UInt8(ascii: ".")) ?? text.count
        guard let whole = number(UnsafeRawBufferPointer(rebasing: text[..<point])) else {
            return nil
        }
        let hasFraction = text[point...].contains { (0x31...0x39).contains($0) }
        return text.first == UInt8(ascii: "-") && hasFraction ? whole - 1 : whole
    }
}
