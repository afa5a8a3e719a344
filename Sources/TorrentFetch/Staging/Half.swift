internal import DataFolder
internal import DatasetManifest
internal import Disk

/// An unfinished file without piece hashes: wget's, aria2's, or ours without its journal.
///
/// Its contents are presumed right and kept. The digest of the whole file decides in the end; if it
/// is wrong, all of the file is downloaded again.
struct Half {
    let size: Int64
    let pieceLength: Int

    /// The pieces that are presumably there.
    ///
    /// - Parameter control: aria2's control file, which knows best.
    func pieces(
        of file: borrowing FileDescriptor, control: [UInt8]?
    ) throws(DiskError) -> PieceSet {
        var pieces = PieceSet(count: Int((size + Int64(pieceLength) - 1) / Int64(pieceLength)))
        guard try !WebPage.begins(file) else { return pieces }
        if let control {
            guard let aria2 = Aria2Control(control), aria2.size == size else { return pieces }
            for piece in 0..<pieces.count where aria2.holds(range(of: piece)) {
                pieces[piece] = true
            }
            return pieces
        }
        var offset: Int64 = 0
        while let data = try file.nextData(from: offset) {
            let length = Int64(pieceLength)
            var piece = Int((data.lowerBound + length - 1) / length)
            while piece < pieces.count, range(of: piece).upperBound <= data.upperBound {
                pieces[piece] = try !endsInZeros(piece, file)
                piece += 1
            }
            offset = data.upperBound
        }
        return pieces
    }

    /// Reserved space that was never written is a hole, or zeros once it was read. Unreadable bytes
    /// count as zeros.
    private func endsInZeros(
        _ piece: Int, _ file: borrowing FileDescriptor
    ) throws(DiskError) -> Bool {
        let range = range(of: piece)
        let count = min(range.upperBound - range.lowerBound, 4096)
        let end = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(count), alignment: 16)
        defer { end.deallocate() }
        do throws(DiskError) {
            try file.readFully(end, at: range.upperBound - count)
        } catch  where error.code == .io {
            return true
        }
        return end.allSatisfy { $0 == 0 }
    }

    private func range(of piece: Int) -> Range<Int64> {
        let start = Int64(piece) * Int64(pieceLength)
        return start..<min(start + Int64(pieceLength), size)
    }
}

/// aria2's control file: which pieces of an unfinished file are there.
///
/// Version 1, numbers in network byte order: version (2), extension (4), length of the infohash (4),
/// the infohash, length of a piece (4), of the file (8), bytes uploaded (8), length of the bit field
/// (4), the bit field, a bit a piece and the first in the highest bit; pieces under way follow.
struct Aria2Control {
    let size: Int64
    private let pieceLength: Int64
    private let bits: ArraySlice<UInt8>

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        func number(_ count: Int) -> Int64? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            let value = rest.prefix(count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int64(exactly: value)
        }
        guard number(2) == 1, number(4) != nil, let hash = number(4), hash <= rest.count else {
            return nil
        }
        rest = rest.dropFirst(Int(hash))
        guard let pieceLength = number(4), pieceLength > 0,
            let size = number(8), 1..<1 << 56 ~= size,
            number(8) != nil, let length = number(4), length <= rest.count,
            length == ((size - 1) / pieceLength + 8) / 8
        else { return nil }
        self.size = size
        self.pieceLength = pieceLength
        bits = rest.prefix(Int(length))
    }

    func holds(_ range: Range<Int64>) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= size, !range.isEmpty else { return false }
        let pieces = range.lowerBound / pieceLength...(range.upperBound - 1) / pieceLength
        return pieces.allSatisfy { piece in
            bits[bits.startIndex + Int(piece / 8)] >> UInt8(7 - piece % 8) & 1 == 1
        }
    }
}
