internal import Archives
internal import Checksums
internal import DatasetManifest
internal import Disk

/// A file whose pieces are verified before a byte of them is given away, each from the first of its
/// sources that has it right.
final class VerifiedPieces: RandomAccessBytes {
    private struct State {
        /// The piece that is held.
        var piece: Int?
        var bytes: [UInt8] = []
        var failure: FetchError?
    }

    let path: Path
    private let map: PieceMap
    private let sources: [MemberSource]
    private let state = Monitor(State())

    init(_ map: PieceMap, _ sources: [MemberSource], path: Path) {
        self.map = map
        self.sources = sources
        self.path = path
    }

    var size: Int64 { map.size }

    func another(stop: StopCheck) -> VerifiedPieces { self }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard offset >= 0 else { return 0 }
        let count = Int(max(min(Int64(buffer.count), size - offset), 0))
        var done = 0
        try state.update { state in
            while done < count {
                let place = offset + Int64(done)
                let piece = Int(place / Int64(map.pieceLength))
                if state.piece != piece { try load(piece, &state) }
                let part = state.bytes[Int(place - map.range(of: piece).lowerBound)...]
                    .prefix(count - done)
                UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyBytes(from: part)
                done += part.count
            }
        }
        return count
    }

    private func load(_ piece: Int, _ state: inout State) throws {
        let range = map.range(of: piece)
        if state.bytes.count != range.count {
            state.bytes = [UInt8](repeating: 0, count: range.count)
        }
        state.piece = nil
        for source in sources {
            do {
                let file = try source.file()
                let count = try state.bytes.withUnsafeMutableBytes {
                    try file.read(into: $0, at: range.lowerBound)
                }
                if count == range.count,
                    Hasher.digest(.sha1, state.bytes).bytes.elementsEqual(map.hash(at: piece))
                {
                    state.piece = piece
                    return
                }
                // Our unfinished file has only some pieces.
                if source.isOurs { continue }
                state.failure = FetchError.worse(
                    state.failure,
                    .mirror(
                        .mirrorRefused, source.mirror,
                        "it sent wrong bytes in \(range.lowerBound) to \(range.upperBound - 1)",
                        hint: "name another source with \(.mirror)"))
            } catch let error as FetchError where error.isOfMirror {
                if !source.isOurs { state.failure = FetchError.worse(state.failure, error) }
            }
        }
        throw state.failure
            ?? FetchError(
                .noSource, "cannot read \(path): no source has all of that part",
                hint: "name a mirror or a folder that has it with \(.mirror)")
    }
}

/// Where an archive may be read: our own copy, or a mirror.
final class MemberSource: Sendable {
    let mirror: Mirror
    /// Whether it is our own copy, which may be unfinished.
    let isOurs: Bool
    private let size: Int64?
    private let options: FetchOptions
    private let stop: StopCheck
    private let opened = Monitor<Result<RemoteFile, any Error>?>(nil)

    init(
        _ mirror: Mirror, size: Int64?, isOurs: Bool = false, _ options: FetchOptions,
        _ stop: StopCheck
    ) {
        self.mirror = mirror
        self.isOurs = isOurs
        self.size = size
        self.options = options
        self.stop = stop
    }

    /// The file, which is asked for once.
    func file() throws -> RemoteFile {
        try opened.update { opened in
            let result =
                opened
                ?? Result {
                    try RemoteFile(
                        mirror, size: isOurs ? nil : size, options: options.mirrorOptions,
                        patience: options.stallTimeout, stop: stop)
                }
            opened = result
            return try result.get()
        }
    }

    var scouts: Int { options.mirrorOptions.connections(to: mirror) - 1 }
}
