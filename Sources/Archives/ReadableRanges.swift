/// Which bytes of a file can be trusted: all, or those that a download or a check has proven.
public struct ReadableRanges: Sendable, Hashable {
    /// Sorted, not empty, and none touches the next; nil for every byte.
    private let ranges: [Range<Int64>]?

    /// Every byte.
    public static let all = ReadableRanges()

    /// These bytes, in any order; ranges may overlap.
    public init(_ ranges: [Range<Int64>]) {
        var merged: [Range<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                let end = max(last.upperBound, range.upperBound)
                merged[merged.count - 1] = last.lowerBound..<end
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    private init() { ranges = nil }

    /// Whether every byte of it can be trusted; true for an empty range.
    public func contains(_ wanted: Range<Int64>) -> Bool {
        guard let ranges, !wanted.isEmpty else { return true }
        let index = firstIndex(endingAfter: wanted.lowerBound)
        guard index < ranges.count else { return false }
        return ranges[index].lowerBound <= wanted.lowerBound
            && ranges[index].upperBound >= wanted.upperBound
    }

    /// The first byte from `offset` on that can be trusted.
    public func next(from offset: Int64) -> Int64? {
        guard let ranges else { return offset }
        let index = firstIndex(endingAfter: offset)
        return index < ranges.count ? max(offset, ranges[index].lowerBound) : nil
    }

    private func firstIndex(endingAfter offset: Int64) -> Int {
        guard let ranges else { return 0 }
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
