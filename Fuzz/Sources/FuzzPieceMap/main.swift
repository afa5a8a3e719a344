import Checksums
import DataFolder
import Driver

// Piece maps of our own lie beside the data, too. The CRC at the end is put right, so that what stands
// before it is reached.
fuzz { input in
    _ = ProvenPieces.read(input)
    var crc = CRC32C()
    crc.update(input)
    let sealed = input + Array("crc32c \(String(crc.value, radix: 16))\n".utf8)
    guard let pieces = ProvenPieces.read(sealed) else { return }
    precondition(ProvenPieces.read(pieces.encoded) == pieces)
    let map = pieces.map
    // Whoever verifies holds some of them in memory.
    precondition((1...ProvenPieces.longestPiece).contains(map.pieceLength))
    var end: Int64 = 0
    for piece in 0..<map.count {
        let range = map.range(of: piece)
        precondition(range.lowerBound == end && !range.isEmpty)
        precondition(range.upperBound - end <= Int64(map.pieceLength))
        precondition(map.hash(at: piece).count == 20)
        end = range.upperBound
    }
    precondition(end == map.size)
    _ = pieces.belong(toSize: map.size, digests: pieces.digests)
}
