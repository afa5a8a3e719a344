public import DataFolder
internal import Disk

/// What the last runs did: one line per run in the state folder.
public struct SyncHistory: Sendable {
    public struct Run: Sendable, Equatable {
        public let began: UTCTime
        public let seconds: Double
        let bytesFromSwarm: Int64
        let bytesFromMirrors: Int64
        public let provenBytes: Int64
        public let repairedPieces: Int
        public let failures: Int

        /// Bytes from all sources. A damaged history may hold any number.
        public var bytesFetched: Int64 {
            let (sum, isTooLarge) = bytesFromSwarm.addingReportingOverflow(bytesFromMirrors)
            return isTooLarge ? .max : sum
        }
    }

    private static let heading = "imagenet-fetch history 1"
    private static let mostRuns = 60
    private static let sizeLimit = 64 << 10
    private let path: Path

    public init(_ data: DataFolder) { path = data.state.appending("history") }

    /// The last runs with any work, the oldest first. Unreadable lines are skipped.
    public var runs: [Run] { lines?.compactMap(Self.run) ?? [] }

    /// Whether a part of the file is no history.
    var isDamaged: Bool {
        guard let folder = try? Folder(path.parent),
            (try? folder.status(path.lastComponent)) != nil
        else { return false }
        guard let lines else { return true }
        return !lines.allSatisfy { Self.run($0) != nil }
    }

    private var lines: [Substring]? {
        guard let file = try? FileDescriptor(path, .readingNoLink),
            let bytes = try? file.contents(limit: Self.sizeLimit)
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first == Self.heading[...] ? Array(lines.dropFirst()) : nil
    }

    /// Adds a run and drops the oldest where there are many.
    func add(_ summary: SyncSummary) throws(DiskError) {
        let run = Run(
            began: summary.began, seconds: summary.seconds,
            bytesFromSwarm: summary.bytesFromSwarm, bytesFromMirrors: summary.bytesFromMirrors,
            provenBytes: summary.provenBytes, repairedPieces: summary.repairedPieces,
            failures: summary.failures.count)
        let lines = (runs + [run]).suffix(Self.mostRuns).map(Self.line)
        let text = ([Self.heading] + lines).joined(separator: "\n") + "\n"
        try DataFolder.creatingState(path.parent)
            .publish(path.lastComponent, Array(text.utf8))
    }

    private static func line(_ run: Run) -> String {
        let milliseconds = Int64(min(run.seconds, 1e12) * 1000)
        let numbers = [
            milliseconds, run.bytesFromSwarm, run.bytesFromMirrors, run.provenBytes,
            Int64(run.repairedPieces), Int64(run.failures),
        ]
        return "\(run.began) " + numbers.map(String.init).joined(separator: " ")
    }

    private static func run(_ line: Substring) -> Run? {
        let words = line.split(separator: " ")
        let numbers = words.dropFirst().compactMap { Int64($0) }
        guard words.count == 7, numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }),
            let began = UTCTime(words[0])
        else { return nil }
        return Run(
            began: began, seconds: Double(numbers[0]) / 1000, bytesFromSwarm: numbers[1],
            bytesFromMirrors: numbers[2], provenBytes: numbers[3],
            repairedPieces: Int(clamping: numbers[4]), failures: Int(clamping: numbers[5]))
    }
}
