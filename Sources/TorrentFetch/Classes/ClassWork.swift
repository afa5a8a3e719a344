public import DataFolder
public import DatasetManifest
internal import Disk

/// What the chosen classes of an archive come to: how much of them is there, and how much is missing.
public struct ClassWork: Sendable, Equatable {
    public let classes: ClassSelection
    /// How many of them are verified.
    public let verified: Int
    /// The bytes of their pieces, about where not all places are known.
    public let bytes: Int64
    public let bytesMissing: Int64
    /// The pieces to download; nil where places or the length of a piece are not known.
    public let piecesMissing: Int?
    /// Whether the places of all classes are known.
    public let isExact: Bool

    /// - Parameters:
    ///   - index: where some or all classes lie.
    ///   - pieceLength: nil where it is not known.
    ///   - proven: the pieces that are there.
    public init(
        _ classes: ClassSelection, in index: ClassIndex, size: Int64, pieceLength: Int?,
        proven: PieceSet?
    ) {
        self.classes = classes
        let entries = classes.wnids.compactMap { index[$0] }
        let about = ClassWork.bytesAbout(classes.count - entries.count, of: classes, size: size)
        guard let pieceLength, pieceLength > 0, size > 0 else {
            let found = entries.reduce(Int64(0)) { $0 + $1.size }
            (verified, piecesMissing, isExact) = (0, nil, false)
            bytes = found + about
            bytesMissing = bytes
            return
        }
        let length = Int64(pieceLength)
        let count = Int((size - 1) / length) + 1
        var wanted = PieceSet(count: count)
        var verified = 0
        for entry in entries where entry.offset + entry.size <= size {
            let pieces = entry.pieces(ofLength: pieceLength)
            wanted.insert(pieces)
            if let proven, pieces.allSatisfy({ proven[$0] }) { verified += 1 }
        }
        let there = proven ?? PieceSet(count: count)
        let missing = wanted.count(without: there)
        let short = length * Int64(count) - size
        let last = count - 1
        self.verified = verified
        isExact = entries.count == classes.count
        bytes = Int64(wanted.members) * length - (wanted[last] ? short : 0) + about
        bytesMissing =
            Int64(missing) * length - (wanted[last] && !there[last] ? short : 0) + about
        piecesMissing = isExact ? missing : nil
    }

    /// About as much as this number of classes has.
    static func bytesAbout(_ number: Int, of classes: ClassSelection, size: Int64) -> Int64 {
        let total = max(classes.total ?? classes.count, 1)
        return size / Int64(total) * Int64(min(number, total))
    }
}
