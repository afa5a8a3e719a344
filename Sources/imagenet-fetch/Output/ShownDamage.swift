import ArchiveVerify
import Archives
import Disk

// Damage in the words of `verify` and `repair`.
extension Damage {
    /// The most places, and members of each, on a line.
    static let mostShown = 3

    /// Names the members of a tar from its readable headers. Compressed archives and other files
    /// have no members at an offset.
    static let membersOfTars: Naming = { archive, ranges in
        guard archive.hasSuffix(".tar"), let index = try? ArchiveIndex(archive) else { return [] }
        return ranges.map { index.members(touching: [$0]) }
    }

    /// `bytes 0 to 511: a.JPEG, b.JPEG, c.JPEG and 4 more`.
    var place: String {
        let bytes = "bytes \(range.lowerBound) to \(range.upperBound - 1)"
        if members.isEmpty { return bytes }
        let names = members.prefix(Self.mostShown).map(\.description).joined(separator: ", ")
        let more = members.count - Self.mostShown
        return "\(bytes): \(names)" + (more > 0 ? " and \(more) more" : "")
    }

    var json: JSON {
        .members([
            "offset": .int(range.lowerBound), "length": .int(range.upperBound - range.lowerBound),
            "members": .array(members.map { .path($0) }),
        ])
    }
}

extension [Damage] {
    /// The first few places, and the number of others.
    var places: [String] {
        var places = prefix(Damage.mostShown).map(\.place)
        let more = count - places.count
        if more > 0 { places.append("and \(more) more \(more == 1 ? "place" : "places")") }
        return places
    }
}
