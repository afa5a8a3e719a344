internal import Disk
internal import Synchronization

/// Downloads missing pieces of one file from several mirrors, over several connections to each. It
/// trusts none of them.
///
/// All connections live on the thread that calls `run()`; each folder has its own thread. A
/// transfer waits while no buffer is free.
final class MirrorPool: Sendable {
    struct Outcome: Sendable {
        var isFinished: Bool
        var diskError: DiskError?
    }

    let mirrors: [Mirror]
    let file: StagingFile
    let buffers: PieceBuffers
    let source: PieceQueue
    let options: MirrorOptions
    /// The only source, where there is no piece map.
    let origin: MirrorOrigin?
    /// Bytes a second from all mirrors together; 0 is no limit. May change at any time.
    let maximumRate: Atomic<Int64>
    let inbox = MirrorInbox()
    private let shown: Monitor<[MirrorReport]>

    init(
        _ mirrors: [Mirror], into file: StagingFile, buffers: PieceBuffers,
        from source: PieceQueue, options: MirrorOptions = MirrorOptions(),
        origin: MirrorOrigin? = nil
    ) {
        self.mirrors = mirrors
        self.file = file
        self.buffers = buffers
        self.source = source
        self.options = options
        self.origin = origin
        maximumRate = Atomic(options.maximumRate)
        shown = Monitor(mirrors.map { MirrorReport($0) })
    }

    /// Downloads until the source has nothing more, every mirror is dropped, or `stop()`.
    ///
    /// Blocks its thread. When it returns, no thread and no connection is left, and every submitted
    /// piece has its verdict.
    ///
    /// - Throws: `.other` when libcurl cannot be set up.
    func run() throws(FetchError) -> Outcome {
        do {
            let work = try MirrorWork(self)
            return work.run()
        } catch {
            throw FetchError(.other, "cannot fetch from mirrors: \(escaped(error.text))")
        }
    }

    /// Ends `run()` soon; unfinished pieces are given back.
    func stop() { inbox.post(.stop) }

    /// Says that the source may have something to do.
    func wake() { inbox.wake() }

    /// How many of the mirrors are folders; at least 1.
    var folderCount: Int64 {
        Int64(max(mirrors.count { if case .local = $0.place { true } else { false } }, 1))
    }

    var reports: [MirrorReport] { shown.read { $0 } }

    func show(_ reports: [MirrorReport]) { shown.update { $0 = reports } }
}

/// Messages of other threads to the thread of a pool.
final class MirrorInbox: Sendable {
    enum Message: Sendable {
        case verdict(StagingFile.Verdict, piece: Int, byteCount: Int, mirror: Int)
        /// A folder's reader has read so many bytes.
        case read(Int, mirror: Int)
        case readerEnded(FetchError?, mirror: Int)
        /// The file of a folder has changed.
        case changed(mirror: Int)
        case stop
    }

    private struct State {
        var messages: [Message] = []
        var waker: CurlMulti.Waker?
    }

    private let state = Monitor(State())

    func open(_ waker: CurlMulti.Waker) { state.update { $0.waker = waker } }

    /// After this the waker is not used any more.
    func close() { state.update { $0.waker = nil } }

    func post(_ message: Message) {
        state.update { state in
            state.messages.append(message)
            state.waker?.wake()
        }
    }

    func wake() { state.update { $0.waker?.wake() } }

    func take() -> [Message] {
        state.update { state in
            defer { state.messages = [] }
            return state.messages
        }
    }
}
