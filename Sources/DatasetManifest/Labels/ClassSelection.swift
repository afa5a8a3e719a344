/// Some classes of a data set, as a person chose them with a name, WNIDs or a file.
public struct ClassSelection: Sendable, Hashable {
    /// What the choice is called in sentences: `imagenette`, `3 classes`.
    public let title: String
    /// The classes, ascending, each once.
    public let wnids: [WNID]
    /// How many classes the data set has; nil where that is not known.
    public let total: Int?

    /// - Returns: nil for no class at all.
    public init?(title: String, wnids: some Sequence<WNID>, of total: Int? = nil) {
        self.wnids = Set(wnids).sorted()
        self.title = title
        self.total = total
        if self.wnids.isEmpty { return nil }
    }

    public var count: Int { wnids.count }

    public func contains(_ wnid: WNID) -> Bool {
        var (low, high) = (0, wnids.count)
        while low < high {
            let middle = (low + high) / 2
            if wnids[middle] < wnid { low = middle + 1 } else { high = middle }
        }
        return low < wnids.count && wnids[low] == wnid
    }
}

extension ClassLabels {
    /// The number of training images in these classes; nil if it is not known of all.
    package func trainImages(of selection: ClassSelection) -> Int? {
        let counts = selection.wnids.map { self.class($0)?.trainImages }
        return counts.reduce(0) { sum, count in
            guard let sum, let count else { return nil }
            return sum + count
        }
    }
}
