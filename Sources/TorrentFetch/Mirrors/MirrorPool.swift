internal import Disk
internal import Synchronization

/// Fetches missing pieces of one file from several mirrors at once, over several connections to
/// each, and believes none of them.
///
/// All connections live on the one thread that `run()` is called on; folders have one each.
/// Pieces go to the staging file as they fill, in memory that is bounded by its buffers: where none
/// is free, the transfer waits.
final class MirrorPool: Sendable {
    /// How a run came to its end.
    struct Outcome: Sendable {
        /// The source said that all is there.
        var isFinished: Bool
        /// Pieces could not be written.
        var diskError: DiskError?
    }

    let mirrors: [Mirror]
    let file: StagingFile
    let buffers: PieceBuffers
    let source: any PieceSource
    let options: MirrorOptions
    /// Where all of the file comes from, when there is no piece map and so only one mirror.
    let origin: MirrorOrigin?
    /// Bytes a second from all mirrors together; 0 is no limit. May be changed at any time.
    let maximumRate: Atomic<Int64>
    let inbox = MirrorInbox()
    private let shown: Monitor<[MirrorReport]>

    init(
        _ mirrors: [Mirror], into file: StagingFile, buffers: PieceBuffers,
        from source: any PieceSource, options: MirrorOptions = MirrorOptions(),
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

    /// Fetches until the source has nothing more, every mirror is dropped, or `stop()`.
    ///
    /// Blocks its thread, which should be one of its own. When it returns, nothing of it is left:
    /// no thread, no connection, and every piece that was handed over has its verdict.
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

    /// Ends `run()` soon; what is in the middle of a piece is given back.
    func stop() { inbox.post(.stop) }

    /// Says that the source may have something to do again.
    func wake() { inbox.wake() }

    /// How many of the mirrors are folders; 1 at least.
    var folderCount: Int64 {
        Int64(max(mirrors.count { if case .local = $0.place { true } else { false } }, 1))
    }

    /// What each mirror has done so far, in the order of `mirrors`.
    var reports: [MirrorReport] { shown.read { $0 } }

    func show(_ reports: [MirrorReport]) { shown.update { $0 = reports } }
}

/// What other threads have to say to that of a pool.
final class MirrorInbox: Sendable {
    enum Message: Sendable {
        case verdict(StagingFile.Verdict, piece: Int, byteCount: Int, mirror: Int)
        /// A folder's reader got so far.
        case read(Int, mirror: Int)
        case readerEnded(FetchError?, mirror: Int)
        /// The file of a folder is another by now.
        case changed(mirror: Int)
        case stop
    }

    private struct State {
        var messages: [Message] = []
        var waker: CurlMulti.Waker?
    }

    private let state = Monitor(State())

    func open(_ waker: CurlMulti.Waker) { state.update { $0.waker = waker } }

    /// After this, nobody wakes the one who was given to `open`.
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
