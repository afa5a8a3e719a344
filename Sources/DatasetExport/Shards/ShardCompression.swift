/// How shards are compressed, as MosaicML's MDSWriter spells it: `zstd`, `gz:6`, `bz2`.
public struct ShardCompression: Sendable, Hashable {
    enum Method: String, Sendable, CaseIterable {
        case zstd, gz, bz2

        var levels: ClosedRange<Int> {
            switch self {
            case .zstd: 1...22
            case .gz: 0...9
            case .bz2: 1...9
            }
        }

        /// MDSWriter's default.
        var usualLevel: Int { self == .zstd ? 3 : 9 }
    }

    let method: Method
    let level: Int
    /// As given, and as in the index.
    let spelling: String

    /// - Throws: `.badOption` for an unknown method or level.
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
        // As Python would write the number: no sign, no leading zeros.
        guard parts.count == 2, let level = Int(parts[1]), "\(level)" == parts[1],
            method.levels.contains(level)
        else { throw .badCompressionLevel(spelling, method.rawValue, method.levels) }
        self.level = level
    }

    var suffix: String { "." + method.rawValue }
}
