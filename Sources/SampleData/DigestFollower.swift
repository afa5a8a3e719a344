internal import Checksums
internal import DatasetManifest
internal import Disk

struct WrittenFile: Sendable {
    let name: String
    let digests: [Digest]
    let pieces: PieceMap
}

/// Hashes a file while it is being written, on its own thread.
///
/// It reads the bytes back from the page cache. That costs a copy, but the writer can fill in what
/// it did not know before, such as the size in a tar header.
final class DigestFollower: Sendable {
    private struct State {
        /// Bytes before this stay as they are.
        var released: Int64 = 0
        var isEnded = false
        var isGivenUp = false
        var result: Result<WrittenFile, any Error>?
    }

    private let state = Monitor(State())
    private let thread: Thread

    init(_ path: Path, name: String, pieceLength: Int) {
        // The thread holds only the state, so this object can be freed and stop it.
        thread = Thread { [state] in
            let result = Result { try Self.follow(path, name, pieceLength, state) }
            state.update { $0.result = result }
        }
    }

    deinit {
        state.update { $0.isGivenUp = true }
        thread.join()
    }

    func release(upTo length: Int64) { state.update { $0.released = length } }

    /// The file is complete: waits for its digests.
    func finish() throws -> WrittenFile {
        state.update { $0.isEnded = true }
        return try state.wait { $0.result }.get()
    }

    private static func follow(
        _ path: Path, _ name: String, _ pieceLength: Int, _ state: Monitor<State>
    ) throws -> WrittenFile {
        let file = try FileDescriptor(path, .readingNoLink)
        var fan = HashFan(DigestAlgorithm.allCases)
        var pieces = PieceMapBuilder(pieceLength: pieceLength)
        var done: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            // 0 bytes mean the end.
            let count = state.wait { state -> Int? in
                if state.isGivenUp { return 0 }
                let count = min(state.released - done, Int64(buffer.count))
                return count > 0 || state.isEnded ? Int(count) : nil
            }
            if count == 0 { break }
            let read = buffer.withUnsafeMutableBytes { buffer in
                Result { () throws(DiskError) in
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                    try file.readFully(part, at: done)
                    fan.update(UnsafeRawBufferPointer(part))
                    pieces.update(UnsafeRawBufferPointer(part))
                }
            }
            try read.get()
            done += Int64(count)
        }
        return WrittenFile(name: name, digests: fan.digests, pieces: try pieces.map())
    }
}
