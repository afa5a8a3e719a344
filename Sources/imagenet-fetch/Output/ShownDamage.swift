import ArchiveVerify
import Archives
import Disk

// Damage as `verify` and `repair` tell it.
extension Damage {
    /// As many places, and members of each, as a line can bear.
    static let mostShown = 3

    /// Names the members of a tar by its headers, as far as they can still be read. Archives that
    /// are compressed, and files that are none, have no members at any place.
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
    /// The first few places, and how many more there are.
    var places: [String] {
        var places = prefix(Damage.mostShown).map(\.place)
        let more = count - places.count
        if more > 0 { places.append("and \(more) more \(more == 1 ? "place" : "places")") }
        return places
    }
}
