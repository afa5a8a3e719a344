/// The maps of sparse members, which lie between header and data.
extension TarCursor {
    /// GNU's own sparse files: the rest of the map lies between header and data.
    func sparseSize(_ header: TarHeader) throws(ArchiveError) -> Int64 {
        let size = header.sparseSize ?? -1
        var hasMore = header.hasMoreMap
        while hasMore {
            hasMore = TarHeader.hasMoreMap(try mapBlock())
            position += Int64(TarHeader.blockSize)
        }
        return size
    }

    /// The block at `position`, which belongs to a map.
    private func mapBlock() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let size = TarHeader.blockSize
        guard range.upperBound - position >= Int64(size) else {
            throw damaged("it ends in the middle of a header")
        }
        guard readable.contains(position..<position + Int64(size)) else {
            throw stop(.missing(input.path, at: position))
        }
        let block = try read(size)
        guard block.count == size else { throw damaged("it ends in the middle of a header") }
        return block
    }

    /// pax's sparse files, version 1.0: decimal numbers, a line each, in front of the data: how many
    /// pairs, then the pairs.
    func skipMap(upTo end: Int64) throws(ArchiveError) {
        var (value, lines, wanted): (Int64, Int64, Int64) = (0, 0, 1)
        while lines < wanted {
            guard end - position >= Int64(TarHeader.blockSize) else {
                throw damaged("the map of a sparse member there is invalid")
            }
            for byte in try mapBlock() where lines < wanted {
                switch byte {
                case 0x0A:
                    if lines == 0 { wanted = 1 + 2 * min(value, 1 << 40) }
                    (value, lines) = (0, lines + 1)
                case 0x30...0x39 where value < 1 << 58:
                    value = value * 10 + Int64(byte - 0x30)
                default:
                    throw damaged("the map of a sparse member there is invalid")
                }
            }
            position += Int64(TarHeader.blockSize)
        }
    }
}
