/// How whole shards are made smaller, as MosaicML's MDSWriter spells it: `zstd`, `gz:6`, `bz2`.
public struct ShardCompression: Sendable, Hashable {
    public enum Method: String, Sendable, CaseIterable {
        case zstd, gz, bz2

        var levels: ClosedRange<Int> {
            switch self {
            case .zstd: 1...22
            case .gz: 0...9
            case .bz2: 1...9
            }
        }

        /// What MDSWriter takes where nothing is said.
        var usualLevel: Int { self == .zstd ? 3 : 9 }
    }

    public let method: Method
    public let level: Int
    /// As it was asked for, and as it stands in the index.
    public let spelling: String

    /// - Throws: `.badOption` for a method or a level that there is not.
    public init(_ spelling: String) throws(ExportError) {
        let parts = spelling.split(separator: ":", omittingEmptySubsequences: false)
        guard let method = parts.first.flatMap({ Method(rawValue: String($0)) }) else {
            throw .unknownCompression(spelling, Method.allCases.map(\.rawValue))
        }
        self.method = method
        self.spelling = spelling
        if parts.count == 1 {
            level = method.usualLevel
            return
        }
        // As Python writes the number back: no sign, no zeros before it.
        guard parts.count == 2, let level = Int(parts[1]), "\(level)" == parts[1],
            method.levels.contains(level)
        else { throw .badCompressionLevel(spelling, method.rawValue, method.levels) }
        self.level = level
    }

    /// What a compressed file's name ends with.
    var suffix: String { "." + method.rawValue }
}
