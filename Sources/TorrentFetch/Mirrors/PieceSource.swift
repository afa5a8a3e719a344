/// Hands out missing pieces to mirrors, in order. Called on their threads.
///
/// It also decides how far ahead of the first missing piece they may work.
protocol PieceSource: AnyObject, Sendable {
    var isFinished: Bool { get }
    /// The next run of missing pieces for a mirror; nil while all are under way or must not come
    /// yet.
    ///
    /// - Parameters:
    ///   - piece: if given, the run must begin with it.
    ///   - bytes: about the size of the run; at least one piece is given.
    func takeRun(for mirror: Int, from piece: Int?, bytes: Int64) -> Range<Int>?
    /// Whether a missing piece only lies too far ahead for now.
    func isTooFarAhead(_ piece: Int) -> Bool
    /// Pieces that will not come. Another source may have brought some by now.
    func giveBack(_ pieces: Range<Int>, from mirror: Int)
    /// A piece had the wrong hash.
    func wasWrong(_ piece: Int, from mirror: Int)
    /// Whether each of these mirrors was wrong again and again about all pieces that may come now.
    func isExhausted(for mirrors: [Int]) -> Bool
    /// The mirror's file has changed: its bytes are void, unless their hashes were checked.
    func changed(_ mirror: Int)
}

extension PieceSource {
    func isTooFarAhead(_ piece: Int) -> Bool { false }

    func wasWrong(_ piece: Int, from mirror: Int) { giveBack(piece..<piece + 1, from: mirror) }
}
