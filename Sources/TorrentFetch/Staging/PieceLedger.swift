internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// What is known of each piece of a file that is being fetched; STATE.md draws it.
///
/// A value without locks or threads: a `Monitor` around it is shared by all who bring, write, hash
/// and hand out pieces. No call waits for anything, so the lock is never held for long. It is looked
/// at for each block, so it has no more members than it needs.
struct PieceLedger: Sendable {
    /// How far the digests have come, and what they need to continue from there.
    struct Position: Sendable {
        var offset: Int64
        var fan: HashFan
    }

    let size: Int64
    private let pieceLength: Int64
    private let hasMap: Bool
    /// Whether only some pieces are downloaded, so that the digests do not follow.
    let isPartial: Bool
    /// Pieces that are in the file and right.
    private(set) var proven: PieceSet
    /// Pieces to download. All, or those of some classes.
    private(set) var wanted: PieceSet
    /// How many of them are not proven yet.
    private(set) var missing: Int
    /// Whether more will be wanted, which is not known yet.
    private(set) var isGrowing: Bool
    /// A piece for which the search for classes waits.
    var awaited: Int?
    /// Pieces that a mirror was asked for and that have not come yet.
    private(set) var asked: PieceSet
    /// Those of them that the swarm must not ask for.
    private(set) var kept: PieceSet
    /// Pieces from mirrors of which the swarm was not told yet.
    private var news: [Int] = []
    /// The digests of the gapless beginning.
    private(set) var position: Position
    /// Buffers of proven pieces that will be hashed soon.
    private var held: [Int: PieceBuffer] = [:]
    private let holds: Int
    /// The SHA-1 of each piece of this run, to make a piece map where there is none.
    private var hashes: [Int: Digest] = [:]
    private(set) var writeFailure: DiskError?
    private(set) var hashFailure: DiskError?
    private(set) var isClosed = false

    /// - Parameters:
    ///   - isPartial: whether only pieces are downloaded that `want` names.
    ///   - holds: how many buffers may be kept for the digests; pieces beyond that are read back
    ///     from the file.
    init(
        _ expected: Expectation, proven: PieceSet, from position: Position,
        isPartial: Bool = false, holds: Int
    ) {
        size = expected.size
        pieceLength = Int64(expected.pieceLength)
        hasMap = expected.map != nil
        self.isPartial = isPartial
        self.proven = proven
        wanted = isPartial ? PieceSet(count: proven.count) : .all(proven.count)
        missing = isPartial ? 0 : proven.count - proven.members
        isGrowing = isPartial
        self.position = position
        // The digests will hardly come to these pieces.
        self.holds = isPartial ? 0 : holds
        (asked, kept) = (PieceSet(count: proven.count), PieceSet(count: proven.count))
    }

    private var frontier: Int { Int(position.offset / pieceLength) }

    /// Whether everything that is wanted is there.
    var isDone: Bool { missing == 0 && !isGrowing }
    var failure: DiskError? { writeFailure ?? hashFailure }

    var unhashedBytes: Int64 {
        isPartial ? 0 : Int64(proven.members) * pieceLength - position.offset
    }

    /// How many pieces without a gap wait to be hashed; 0 where nothing will hash them any more.
    var lag: Int {
        isClosed || hashFailure != nil ? 0 : proven.firstMissing(from: frontier) - frontier
    }

    /// The pieces of a file that had no map; nil where some of them are of an earlier run.
    var ownMap: PieceMap? {
        guard !hasMap, hashes.count == proven.count else { return nil }
        let all = (0..<proven.count).flatMap { hashes[$0]?.bytes ?? [] }
        return try? PieceMap(pieceLength: Int(pieceLength), size: size, hashes: all)
    }

    // MARK: Wanted, missing, asked for

    /// Wants more pieces.
    ///
    /// - Returns: those that were not wanted before and are missing.
    mutating func want(_ pieces: Range<Int>) -> [Int] {
        let new = pieces.filter { !wanted[$0] && !proven[$0] }
        wanted.insert(pieces)
        missing += new.count
        return new
    }

    /// Wants nothing any more. Pieces that mirrors were asked for still come.
    mutating func wantNothing() {
        wanted = PieceSet(count: wanted.count)
        missing = 0
    }

    /// Nothing more will be wanted.
    mutating func endGrowing() {
        isGrowing = false
        awaited = nil
    }

    /// The first piece from `start` on that is wanted and missing; the number of pieces if there is
    /// none.
    func firstMissing(from start: Int = 0) -> Int {
        wanted.first(from: start, without: proven, and: proven)
    }

    /// Takes a run of missing pieces for a mirror, and keeps the swarm from them.
    ///
    /// - Parameters:
    ///   - isFixed: whether the run must begin with `start`.
    ///   - end: no piece from here on is given.
    ///   - bytes: about how much the run should come to.
    mutating func ask(
        from start: Int, isFixed: Bool, before end: Int, bytes: Int64, unless isOut: (Int) -> Bool
    ) -> Range<Int>? {
        let end = min(end, proven.count)
        var first = wanted.first(from: start, without: proven, and: asked)
        while first < end, isOut(first) {
            first = wanted.first(from: first + 1, without: proven, and: asked)
        }
        if isFixed, first != start { return nil }
        guard first < end else { return nil }
        var next = first
        while next < end, Int64(next - first) * pieceLength < bytes, !isTaken(next), !isOut(next) {
            asked[next] = true
            kept[next] = true
            next += 1
        }
        return first..<next
    }

    /// Whether nobody need be asked for it.
    func isTaken(_ piece: Int) -> Bool { proven[piece] || asked[piece] || !wanted[piece] }

    /// Pieces that a mirror will not bring. Some may be there by now, from somebody else.
    ///
    /// - Returns: those that the swarm may ask for again.
    mutating func giveBack(_ pieces: Range<Int>) -> [Int] {
        pieces.filter { piece in
            asked[piece] = false
            defer { kept[piece] = false }
            return kept[piece]
        }
    }

    /// Lets the swarm ask for all that mirrors are bringing; mirrors bring it all the same.
    mutating func share() -> [Int] {
        defer { kept = PieceSet(count: kept.count) }
        return keptPieces
    }

    var keptPieces: [Int] { kept.isEmpty ? [] : (0..<kept.count).filter { kept[$0] } }

    // MARK: Proven

    /// A right piece is in the file.
    ///
    /// - Parameter buffer: has its bytes, if anything still has them.
    /// - Returns: whether it was not there before.
    mutating func prove(_ piece: Int, _ sha1: Digest, _ buffer: PieceBuffer?) -> Bool {
        if proven[piece] { return false }
        proven[piece] = true
        if wanted[piece] { missing -= 1 }
        if !hasMap { hashes[piece] = sha1 }
        if asked[piece] { news.append(piece) }
        asked[piece] = false
        kept[piece] = false
        hold(piece, buffer)
        return true
    }

    /// The pieces that mirrors have brought since the last call: the swarm need not ask for them.
    mutating func takeNews() -> [Int] {
        defer { news = [] }
        return news
    }

    mutating func failToWrite(_ error: DiskError) { writeFailure = writeFailure ?? error }

    // MARK: Hashed

    /// The nearest pieces are hashed first, so theirs are the buffers to keep.
    private mutating func hold(_ piece: Int, _ buffer: PieceBuffer?) {
        guard let buffer, holds > 0, piece >= frontier else { return }
        if held.count >= holds, let farthest = held.keys.max() {
            guard piece < farthest else { return }
            held[farthest] = nil
        }
        held[piece] = buffer
    }

    /// The rest of the piece at the frontier and its buffer; nil while that piece is missing.
    mutating func takeNext() -> (length: Int, buffer: PieceBuffer?)? {
        let piece = frontier
        guard proven[piece] else { return nil }
        // A saved position may lie within a piece.
        let end = min(Int64(piece + 1) * pieceLength, size)
        return (Int(end - position.offset), held.removeValue(forKey: piece))
    }

    mutating func hash(upTo position: Position) { self.position = position }

    /// The piece at the frontier cannot be read back. With a map it counts as missing again, so the
    /// next run fetches it.
    mutating func failToHash(_ error: DiskError) {
        hashFailure = error
        guard hasMap, proven[frontier] else { return }
        proven[frontier] = false
        if wanted[frontier] { missing += 1 }
    }

    // MARK: The end

    mutating func close() { isClosed = true }
}
