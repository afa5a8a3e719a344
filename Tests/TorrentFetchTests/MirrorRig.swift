import Checksums
import DataFolder
import DatasetManifest
import Disk
import Support
import Synchronization

@testable import TorrentFetch

/// A file to be fetched from mirrors: its contents, where it grows, and who hands out its pieces.
final class MirrorRig {
    static let pieceLength = 16 << 10

    let folder: TemporaryFolder
    let contents: [UInt8]
    let staging: StagingFile
    let source: PieceQueue
    /// How far ahead of the first missing piece anything was taken, and how much was given back.
    let taken = Monitor((spread: 0, givenBack: 0))
    let buffers: PieceBuffers

    struct Result {
        var outcome: MirrorPool.Outcome
        var reports: [MirrorReport]
        /// What the staging file holds where a piece counts as proven equals the contents.
        var isRight: Bool
        var provenPieces: Int
        /// The digest of the whole file, where it came so far.
        var digest: Digest?

        var error: FetchError? { reports[0].error }
    }

    init(
        pieces: Int = 24, rest: Int = 1000, hasMap: Bool = true, proven: Range<Int> = 0..<0,
        seed: UInt64 = 7
    ) throws {
        let folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: seed)
        contents = numbers.bytes((pieces - 1) * Self.pieceLength + rest)
        var builder = PieceMapBuilder(pieceLength: Self.pieceLength)
        builder.update(contents)
        var already = PieceSet(count: pieces)
        for piece in proven { already[piece] = true }
        let file = try FileDescriptor(folder["staging"], .creating)
        for piece in proven {
            let start = piece * Self.pieceLength
            let end = min(start + Self.pieceLength, contents.count)
            try file.write(Array(contents[start..<end]), at: Int64(start))
        }
        staging = StagingFile(
            file,
            Expectation(
                name: "file.tar", size: Int64(contents.count), pieceLength: Self.pieceLength,
                map: hasMap ? try builder.map() : nil, algorithms: [.md5]), proven: already,
            from: PieceLedger.Position(offset: 0, fan: HashFan([.md5])), holds: 4)
        buffers = PieceBuffers(pieceLength: Self.pieceLength, bytes: 8 * Self.pieceLength)
        source = PieceQueue(staging, pause: .seconds(1))
        self.folder = folder
        source.share { [staging, taken] pieces, isWanted in
            let first = staging.proven.firstMissing()
            taken.update { taken in
                if isWanted { taken.givenBack += pieces.count }
                taken.spread = max(taken.spread, pieces.upperBound - first)
            }
        }
    }

    /// Quick to fail, and small runs, so that there are many.
    static var options: MirrorOptions {
        var options = MirrorOptions()
        options.pause = .milliseconds(20)
        options.attempts = 3
        options.lowSpeedTime = .seconds(1)
        options.lowSpeed = 1000
        options.excessOfWrong = 0
        options.runBytes = Int64(3 * pieceLength)...Int64(3 * pieceLength)
        return options
    }

    func run(
        _ mirrors: [Mirror], _ options: MirrorOptions = MirrorRig.options,
        stopAfter: Duration? = nil
    ) throws -> Result {
        let staging = staging
        var threads = [Thread { staging.work() }, Thread { staging.hash() }]
        let pool = MirrorPool(
            mirrors, into: staging, buffers: buffers, from: source, options: options)
        if let stopAfter {
            let stopper = Thread {
                pause(milliseconds: UInt32(stopAfter / .milliseconds(1)))
                pool.stop()
            }
            threads.append(stopper)
        }
        let outcome = try pool.run()
        let digest = outcome.isFinished ? try staging.finish()?.first : nil
        staging.close()
        for thread in threads { thread.join() }
        let proven = staging.proven
        let written = try folder.read("staging")
        var isRight = true
        for piece in 0..<staging.pieceCount where proven[piece] {
            let start = piece * Self.pieceLength
            let end = start + staging.length(of: piece)
            isRight =
                isRight && end <= written.count
                && written[start..<end].elementsEqual(contents[start..<end])
        }
        return Result(
            outcome: outcome, reports: pool.reports, isRight: isRight,
            provenPieces: proven.members, digest: digest)
    }

    func mirror(_ url: String) throws -> Mirror { try Mirror(url, fileName: "file.tar") }

    /// Whether all of it came, and the digest of it is right.
    func isWhole(_ result: Result) -> Bool {
        result.outcome.isFinished && result.isRight && result.provenPieces == staging.pieceCount
            && result.digest == Hasher.digest(.md5, contents)
    }
}
