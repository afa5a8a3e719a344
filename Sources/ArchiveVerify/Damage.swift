internal import Checksums
internal import DatasetManifest
public import Disk

/// A wrong or unreadable part of a file.
public struct Damage: Sendable, Hashable {
    public let range: Range<Int64>
    /// The members of the archive that lie there.
    public let members: [Path]

    /// Names the members that each of these ranges of an archive touches. It is told of ranges that
    /// do not overlap, in order, and gives as many lists.
    public typealias Naming =
        @Sendable (_ archive: Path, _ ranges: [Range<Int64>]) -> [[Path]]

    /// The ranges of pieces whose hashes are not those of the map; neighbours become one.
    static func ranges(of hashes: [UInt8], against map: PieceMap) -> [Range<Int64>] {
        var result: [Range<Int64>] = []
        for piece in 0..<map.count
        where !hashes[piece * 20..<piece * 20 + 20].elementsEqual(map.hash(at: piece)) {
            append(map.range(of: piece), to: &result)
        }
        return result
    }

    /// Ranges in any order, overlapping or not, as few that do not.
    static func coalesced(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        var result: [Range<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            append(range, to: &result)
        }
        return result
    }

    private static func append(_ range: Range<Int64>, to ranges: inout [Range<Int64>]) {
        guard let last = ranges.last, last.upperBound >= range.lowerBound else {
            ranges.append(range)
            return
        }
        ranges[ranges.count - 1] =
            last.lowerBound..<max(last.upperBound, range.upperBound)
    }

    /// The ranges with the members there, if known.
    public static func named(
        _ ranges: [Range<Int64>], in archive: Path, by naming: Naming?
    ) -> [Damage] {
        let members = ranges.isEmpty ? [] : naming?(archive, ranges) ?? []
        return ranges.enumerated().map { index, range in
            Damage(range: range, members: index < members.count ? members[index] : [])
        }
    }
}
