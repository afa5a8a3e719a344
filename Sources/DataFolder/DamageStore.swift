public import Disk

/// Where files are damaged and could not be repaired yet, for the pages of a mirror: one small text a
/// file. It decides nothing, and unreadable records are ignored.
public struct DamageStore: Sendable {
    private let path: Path

    private static let heading = "imagenet-fetch damage 1"
    /// More ranges than a page can show.
    private static let mostRanges = 4096
    private static let sizeLimit = 256 << 10

    public init(_ data: DataFolder) { path = data.state.appending("damage") }

    /// - Parameter ranges: in order, without overlaps; an empty list forgets the file.
    public func save(_ ranges: [Range<Int64>], of fileName: String) throws(DiskError) {
        if ranges.isEmpty {
            try ifPresent(Folder.own(path))?.remove(Path(fileName))
            return
        }
        let lines = ranges.prefix(Self.mostRanges).map { "\($0.lowerBound) \($0.upperBound)" }
        let text = ([Self.heading] + lines).joined(separator: "\n") + "\n"
        try DataFolder.creating(inState: path)
            .publish(Path(fileName), Array(text.utf8), synced: false)
    }

    public func load(_ fileName: String) -> [Range<Int64>] {
        guard let folder = try? Folder.own(path),
            let bytes = try? folder.contents(ifPresent: Path(fileName), limit: Self.sizeLimit)
        else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == Self.heading[...] else { return [] }
        return lines.dropFirst().compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Int64($0) }
            guard numbers.count == 2, 0 <= numbers[0], numbers[0] < numbers[1] else { return nil }
            return numbers[0]..<numbers[1]
        }
    }
}
