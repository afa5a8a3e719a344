internal import Disk

/// Where a tar begins, and where it continues after damage.
extension TarCursor {
    /// How far the first header is looked for: more than the largest piece of a torrent, and read in
    /// a second.
    private static var longestSearch: Int64 { 64 << 20 }
    /// Unreadable places after which the search ends: each may take the disk seconds.
    private static var mostFaults: Int { 64 }
    /// How much is skipped after such a place: a page at first, then more and more.
    private static var shortestStep: Int64 { 4096 }
    private static var longestStep: Int64 { 1 << 20 }

    /// Whether a tar begins there: with a header, a damaged header, or anything that a header follows.
    static func begins(
        _ input: Input, _ range: Range<Int64>, _ readable: ReadableRanges
    ) throws(ArchiveError) -> Bool {
        let start = range.lowerBound
        guard readable.contains(start..<start + Int64(TarHeader.blockSize)) else { return false }
        let block = try input.bytes(at: start, TarHeader.blockSize)
        guard block.count == TarHeader.blockSize else { return false }
        let header = TarHeader(block)
        return header.verdict == .header || header.hasMagic || isFound(in: input, range, readable)
    }

    /// Whether there is a header near the beginning of these bytes. A stream cannot be searched.
    static func isFound(
        in input: Input, _ range: Range<Int64>, _ readable: ReadableRanges
    ) -> Bool {
        guard input.isFile else { return false }
        let part = range.prefix(longestSearch)
        return (try? TarCursor(input, part, readable).resume { _ in true }) == true
    }

    /// Continues with the next header after the place of the last error.
    ///
    /// - Parameter isWanted: whether the header of this name may belong to this tar; headers of
    ///   inner tars look the same.
    /// - Returns: false if there is none.
    func resume(_ isWanted: (UnsafeRawBufferPointer) -> Bool) throws(ArchiveError) -> Bool {
        isOver = true
        pending = nil
        var (faults, step) = (0, Self.shortestStep)
        let begin = position
        while let found = nextReadable(from: position) {
            position = found
            if found - begin > input.longestSearch { return false }
            do throws(ArchiveError) {
                guard try readHeader() else { return false }
            } catch {
                faults += 1
                guard error.disk?.code == .io, faults <= Self.mostFaults else { throw error }
                position = found + min(step, range.upperBound - found)
                step = min(2 * step, Self.longestStep)
                continue
            }
            step = Self.shortestStep
            let header = TarHeader(UnsafeRawBufferPointer(self.header))
            if header.verdict == .header, isWanted(header.name) {
                isOver = false
                // What looked like the end was not.
                hasEndMark = false
                return true
            }
            position += Int64(TarHeader.blockSize)
        }
        return false
    }

    /// The first whole readable block from `offset` on.
    private func nextReadable(from offset: Int64) -> Int64? {
        let size = Int64(TarHeader.blockSize)
        var offset = offset
        while offset <= range.upperBound - size {
            guard let found = readable.next(from: offset), found <= range.upperBound - size else {
                return nil
            }
            offset = range.lowerBound + roundedUp(found - range.lowerBound)
            if offset <= range.upperBound - size, readable.contains(offset..<offset + size) {
                return offset
            }
            if offset == found { offset += size }
        }
        return nil
    }
}

extension Range<Int64> {
    fileprivate func prefix(_ count: Int64) -> Range<Int64> {
        lowerBound..<lowerBound + Swift.min(count, upperBound - lowerBound)
    }
}
