internal import Disk

/// Walks the members of one tar, or of an inner tar, from header to header. After an error `resume()`
/// continues at the next valid header.
final class TarCursor<Input: TarInput> {
    /// More zeros than this after the last member are not padding: the largest records in use are
    /// far smaller.
    static var longestPadding: Int64 { 1 << 20 }

    let input: Input
    let range: Range<Int64>
    let readable: ReadableRanges
    var position: Int64
    var isOver = false
    private var dataEndOfLast: Int64 = 0
    /// Where the data of the last member begins.
    private(set) var dataOffset: Int64 = 0
    /// Whether the zeros that end a tar were found.
    var hasEndMark = false
    /// What is wrong with the last member, to be thrown before the next one.
    var pending: ArchiveError?

    private let extensions = TarExtensions()
    /// The header, which must outlast reading its data.
    let header = UnsafeMutableRawBufferPointer.allocate(
        byteCount: TarHeader.blockSize, alignment: 16)
    private let payload = ByteArena()
    private let joined = ByteArena()

    init(_ input: Input, _ range: Range<Int64>, _ readable: ReadableRanges) {
        self.input = input
        self.range = range
        self.readable = readable
        position = range.lowerBound
    }

    deinit { header.deallocate() }

    // MARK: Members

    /// The next member, good until the next call; nil after the last one.
    ///
    /// - Throws: `.damaged`, `.missing`, `.tooLarge` or `.disk`, with the place.
    func next() throws(ArchiveError) -> ArchiveMember? {
        if let error = pending {
            pending = nil
            throw error
        }
        if isOver { return nil }
        extensions.removeAll()
        let start = position
        while true {
            guard try readHeader() else {
                if position != start { throw damaged("it ends in the middle of a header") }
                isOver = true
                return nil
            }
            let header = TarHeader(UnsafeRawBufferPointer(self.header))
            switch header.verdict {
            case .zeros:
                if position != start {
                    throw damaged("a header for a long name has no member after it")
                }
                try finish()
                return nil
            case .nonsense:
                throw damaged("there is no tar header")
            case .header:
                position += Int64(TarHeader.blockSize)
            }
            switch header.type {
            case UInt8(ascii: "L"), UInt8(ascii: "K"):
                try readPayload(header)
                extensions.takeLong(payload.bytes, isLink: header.type == UInt8(ascii: "K"))
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                try readPayload(header)
                guard extensions.takeRecords(payload.bytes) else {
                    throw damaged("a pax record there is invalid")
                }
            case UInt8(ascii: "g"):
                // In practice a global header has comments, never names or sizes.
                try readPayload(header)
            default:
                return try member(header, from: start)
            }
        }
    }

    /// Leaves out the members that follow.
    func end() {
        isOver = true
        pending = nil
    }

    // MARK: Parts

    /// Copies the block at `position`; false at the end.
    func readHeader() throws(ArchiveError) -> Bool {
        let left = range.upperBound - position
        if left <= 0 { return false }
        let wanted = Int(min(left, Int64(TarHeader.blockSize)))
        guard readable.contains(position..<position + Int64(wanted)) else {
            throw stop(.missing(input.path, at: position))
        }
        let block = try read(wanted)
        if block.isEmpty, range.upperBound == input.end {
            // The end of a stream is not known beforehand.
            if input.knownEnd < dataEndOfLast {
                position = input.knownEnd
                throw damaged("it ends inside a member")
            }
            return false
        }
        guard block.count == TarHeader.blockSize else {
            position += Int64(block.count)
            throw damaged("it ends in the middle of a block")
        }
        header.copyMemory(from: block)
        return true
    }

    func read(_ count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        do {
            return try input.bytes(at: position, count)
        } catch {
            throw stop(error)
        }
    }

    /// The data of a header that describes the next header.
    private func readPayload(_ header: TarHeader) throws(ArchiveError) {
        let at = position
        guard let size = header.size, size >= 0 else {
            throw damaged("a size there is not a number")
        }
        if size > TarExtensions.longest {
            throw stop(.nameTooLong(Int(size), in: input.path, at: input.place(of: at)))
        }
        payload.removeAll()
        var left = Int(size)
        while left > 0 {
            let wanted = min(left, 4096, Int(clamping: max(range.upperBound - position, 0)))
            if wanted == 0 { throw damaged("it ends in the middle of a header") }
            guard readable.contains(position..<position + Int64(wanted)) else {
                throw stop(.missing(input.path, at: position))
            }
            let bytes = try read(wanted)
            payload.append(bytes)
            position += Int64(bytes.count)
            left -= bytes.count
            if bytes.count < wanted { throw damaged("it ends in the middle of a header") }
        }
        position = behind(size, from: at)
    }

    private func member(_ header: TarHeader, from start: Int64) throws(ArchiveError)
        -> ArchiveMember
    {
        guard let stated = extensions.size ?? header.size, stated >= 0 else {
            throw damaged("a member there has an invalid size")
        }
        let name = name(header)
        let link = extensions.hasLink ? extensions.link.bytes : header.link
        guard max(name.count, link.count) <= TarExtensions.longestName else {
            throw stop(
                .nameTooLong(
                    max(name.count, link.count), in: input.path, at: input.place(of: start)))
        }
        let kind = header.kind(named: name)
        var stored = header.hasData ? stated : 0
        if stated > 0, kind == .hardLink || kind == .folder && header.hasData {
            // Most writers repeat the size of what is linked to; pax allows the data as well. Old
            // writers give folders a size, but no data.
            let isStored = try !Self.followsHeader(input, position, range, readable)
            stored = isStored ? stated : 0
        }
        var size = stored
        var isSparse = false
        if header.type == UInt8(ascii: "S") {
            isSparse = true
            size = try sparseSize(header)
        } else if let real = extensions.sparseSize, kind == .file {
            isSparse = true
            size = real
        }
        if size < 0 { throw damaged("a member there has an invalid size") }
        let mapStart = position
        if isSparse, extensions.sparseMajor == 1 {
            try skipMap(upTo: mapStart + min(stored, range.upperBound - mapStart))
        }
        let mapSize = header.type == UInt8(ascii: "S") ? 0 : position - mapStart
        dataOffset = position
        // Its map is part of what is stored.
        let left = range.upperBound - mapStart
        let isCut = stored > left
        let dataEnd = isCut ? range.upperBound : mapStart + stored
        if isCut {
            position = range.upperBound
            pending = damaged("it ends inside the member \"\(escaped(name.prefix(200)))\"")
        } else {
            dataEndOfLast = dataEnd
            position = behind(stored, from: mapStart)
        }
        return ArchiveMember(
            container: UnsafeRawBufferPointer(start: nil, count: 0), name: name, link: link,
            kind: kind, size: size, offset: input.isFile ? dataOffset : nil,
            headerOffset: input.isFile ? start : nil,
            storedSize: max(min(stored, left) - mapSize, 0),
            isSparse: isSparse,
            isWhole: !isCut && readable.contains(start..<max(dataEnd, dataOffset)),
            mode: header.mode, modified: extensions.modified ?? header.modified,
            user: extensions.user ?? header.user, group: extensions.group ?? header.group,
            userName: extensions.hasUserName ? extensions.userName.bytes : header.userName,
            groupName: extensions.hasGroupName ? extensions.groupName.bytes : header.groupName,
            device: header.device)
    }

    private func name(_ header: TarHeader) -> UnsafeRawBufferPointer {
        if extensions.hasName { return extensions.name.bytes }
        let prefix = header.prefix
        if prefix.isEmpty { return header.name }
        joined.removeAll()
        joined.append(prefix)
        joined.append(UInt8(ascii: "/"))
        joined.append(header.name)
        return joined.bytes
    }

    private static func followsHeader(
        _ input: Input, _ offset: Int64, _ range: Range<Int64>, _ readable: ReadableRanges
    ) throws(ArchiveError) -> Bool {
        let size = Int64(TarHeader.blockSize)
        guard range.upperBound - offset >= size, readable.contains(offset..<offset + size) else {
            return true
        }
        let block = try input.bytes(at: offset, TarHeader.blockSize)
        return block.count < TarHeader.blockSize || TarHeader(block).verdict != .nonsense
    }

    /// After the end mark there must be only zeros, as padding. They are read, so that a stream that is
    /// cut off here is noticed too.
    private func finish() throws(ArchiveError) {
        isOver = true
        hasEndMark = true
        let mark = position
        if input.isFile, range.upperBound - mark > Self.longestPadding {
            throw damaged("the end mark is there, but \(range.upperBound - mark) bytes follow")
        }
        while position < range.upperBound {
            let wanted = min(Int64(TarHeader.blockSize), range.upperBound - position)
            guard readable.contains(position..<position + wanted) else {
                position += wanted
                continue
            }
            let block = try read(Int(wanted))
            if block.isEmpty { return }
            if position - mark > Self.longestPadding || block.contains(where: { $0 != 0 }) {
                // The search for a member starts there.
                throw damaged(at: mark, "the end mark is there, but more bytes follow")
            }
            position += Int64(block.count)
        }
    }

    /// Where the blocks of so many bytes end, without overflow.
    private func behind(_ count: Int64, from offset: Int64) -> Int64 {
        let (sum, overflow) = offset.addingReportingOverflow(roundedUp(count))
        return overflow ? range.upperBound : min(sum, range.upperBound)
    }

    func roundedUp(_ count: Int64) -> Int64 {
        let (sum, overflow) = count.addingReportingOverflow(511)
        return overflow ? .max & ~511 : sum & ~511
    }

    // MARK: Errors

    func damaged(_ reason: String) -> ArchiveError { damaged(at: position, reason) }

    private func damaged(at offset: Int64, _ reason: String) -> ArchiveError {
        stop(.damaged(input.path, at: input.place(of: offset), reason))
    }

    /// Nothing comes after this error, unless `resume()` finds something.
    func stop(_ error: ArchiveError) -> ArchiveError {
        isOver = true
        // The block that was not a header is not read again.
        position = min(position, range.upperBound)
        return error
    }
}
