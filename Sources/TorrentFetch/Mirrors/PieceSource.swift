/// Who knows which pieces are missing and hands them out: to each mirror the next ones in order.
///
/// It also decides how far ahead of the first missing piece anybody may work: mirrors ask for more
/// whenever they are free. Called on threads of the mirrors'.
protocol PieceSource: AnyObject, Sendable {
    /// Whether all pieces are there.
    var isFinished: Bool { get }
    /// The next missing pieces that nobody else fetches, one behind the other; nil while all are on
    /// their way, or must not come yet.
    ///
    /// - Parameters:
    ///   - piece: where given, only a run that begins with it will do.
    ///   - bytes: about how much they should come to; one piece at least.
    func takeRun(for mirror: Int, from piece: Int?, bytes: Int64) -> Range<Int>?
    /// Whether a piece is still to come and only lies too far ahead, for the time being.
    func isTooFarAhead(_ piece: Int) -> Bool
    /// Pieces that were taken and will not come. Some may be there by now, brought by somebody
    /// else.
    func giveBack(_ pieces: Range<Int>, from mirror: Int)
    /// A piece that came and was not what its hash says.
    func wasWrong(_ piece: Int, from mirror: Int)
    /// Whether only pieces are missing, of those that may come now, about which each of these
    /// mirrors was wrong again and again: there is nothing left to ask them for.
    func isExhausted(for mirrors: [Int]) -> Bool
    /// The file on the mirror is another by now: what came from there is void, unless its hash was
    /// checked.
    func changed(_ mirror: Int)
}

extension PieceSource {
    func isTooFarAhead(_ piece: Int) -> Bool { false }

    func wasWrong(_ piece: Int, from mirror: Int) { giveBack(piece..<piece + 1, from: mirror) }
}
