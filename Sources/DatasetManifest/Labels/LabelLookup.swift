/// Finding classes by whatever a person knows of them.
extension ClassLabels {
    /// How a query met a class.
    public enum Numbering: String, Sendable, Hashable {
        case id = "ILSVRC id"
        case rank = "rank (class index)"
        case wnid = "WNID"
        case words = "words"
        case validationImage = "validation image"
    }

    /// One class that answers to a query, and by which of its names.
    public struct Match: Sendable, Hashable {
        public let numbering: Numbering
        public let found: Class
    }

    /// The classes that a query may mean.
    ///
    /// A number stands for two classes, the one with that ILSVRC id and the one of that rank: both
    /// are given, each with its numbering. A WNID or the name of a validation image means one class.
    /// Anything else is looked for in the words, in either case: whole words first, then parts.
    public func lookup(_ query: String) -> [Match] {
        if let number = Int(query) {
            var matches: [Match] = []
            if let found = self.class(id: number) {
                matches.append(Match(numbering: .id, found: found))
            }
            if classes.indices.contains(number) {
                matches.append(Match(numbering: .rank, found: classes[number]))
            }
            return matches
        }
        if let wnid = WNID(query.lowercased()) {
            return self.class(wnid).map { [Match(numbering: .wnid, found: $0)] } ?? []
        }
        if let index = ValidationName.index(Array(query.utf8)) {
            let found = self.class(validationImage: index)
            return found.map { [Match(numbering: .validationImage, found: $0)] } ?? []
        }
        let wanted = query.lowercased()
        guard !wanted.isEmpty else { return [] }
        var (whole, partial): ([Match], [Match]) = ([], [])
        for item in classes {
            let words = item.words.map { $0.lowercased() }
            if words.contains(wanted) {
                whole.append(Match(numbering: .words, found: item))
            } else if words.contains(where: { $0.contains(wanted) }) {
                partial.append(Match(numbering: .words, found: item))
            }
        }
        return whole + partial
    }
}

/// Names of validation images and what goes with them: `ILSVRC2012_val_00000001.JPEG`.
package enum ValidationName {
    private static let mark = Array("_val_".utf8)

    /// The image's number, from 1, whatever folder and extension the name has.
    package static func index(_ name: some Collection<UInt8>) -> Int? {
        let name = Array(name)
        let start = (name.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let base = name[start...]
        let stem = base.prefix { $0 != UInt8(ascii: ".") }
        guard stem.starts(with: "ILSVRC".utf8), stem.count > 8 + mark.count,
            stem.dropLast(8).suffix(mark.count).elementsEqual(mark)
        else { return nil }
        var number = 0
        for byte in stem.suffix(8) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number > 0 ? number : nil
    }
}
