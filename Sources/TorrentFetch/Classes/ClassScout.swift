internal import Archives
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Learns from mirrors where class tars lie, on a separate thread: from an index that a mirror has
/// published, else from the headers of the archive there, one small request each.
///
/// What it finds are hints. When it cannot go on, it ends without an error: the chain is then followed
/// in the archive itself.
final class ClassScout: Sendable {
    private struct State {
        var news: [ClassIndex.Entry] = []
        var isStopped = false
        var isOver = false
    }

    private struct Search {
        let fileName: String
        var wanted: Set<WNID>
        /// Where the first unknown header is.
        let start: Int64
        let size: Int64
        let options: FetchOptions
    }

    /// More headers than an archive of class tars has. A hostile mirror could send any number.
    private static let mostHeaders = 100_000

    private let state = Monitor(State())
    private let thread = Monitor<Thread?>(nil)
    private var stopCheck: StopCheck {
        StopCheck { [state] in state.read { $0.isStopped } ? CancellationError() : nil }
    }

    /// - Parameters:
    ///   - wanted: the classes whose places are not known.
    ///   - start: where the first unknown header is.
    init(_ job: FetchJob, _ wanted: Set<WNID>, from start: Int64, size: Int64) {
        let search = Search(
            fileName: job.file.name, wanted: wanted, start: start, size: size,
            options: job.options)
        let run: @Sendable () -> Void = { [self] in
            defer { state.update { $0.isOver = true } }
            for mirror in job.mirrors where !isStopped {
                if asksForIndex(mirror, search) { return }
            }
            for mirror in job.mirrors where !isStopped {
                do {
                    return try readHeaders(mirror, search)
                } catch {
                    if isStopped { return }
                    let reason = (error as? FetchError)?.reason ?? "\(error)"
                    job.note("cannot read where classes lie at \(mirror): \(reason)")
                }
            }
        }
        thread.update { $0 = Thread(run) }
    }

    var isOver: Bool { state.read { $0.isOver && $0.news.isEmpty } }

    func takeNews() -> [ClassIndex.Entry] {
        state.update { state in
            defer { state.news = [] }
            return state.news
        }
    }

    /// Ends it after the request that is under way.
    func stop() { state.update { $0.isStopped = true } }

    func join() {
        stop()
        thread.update { $0.take() }?.join()
    }

    private var isStopped: Bool { state.read { $0.isStopped } }

    private func note(_ entries: [ClassIndex.Entry]) {
        state.update { $0.news += entries }
    }

    private func open(
        _ mirror: Mirror, _ search: Search, size: Int64?, patience: Duration? = nil
    ) throws -> RemoteFile {
        try RemoteFile(
            mirror, size: size, options: search.options.mirrorOptions,
            patience: min(patience ?? .seconds(3600), search.options.stallTimeout), stop: stopCheck)
    }

    /// - Returns: whether the mirror has an index with all wanted classes.
    private func asksForIndex(_ mirror: Mirror, _ search: Search) -> Bool {
        guard let place = mirror.neighbour(ClassIndexFile.name(for: search.fileName)),
            let remote = try? open(place, search, size: nil, patience: .seconds(10)),
            remote.size <= Int64(ClassIndexFile.longestFile)
        else { return false }
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(remote.size), alignment: 16)
        defer { bytes.deallocate() }
        guard let count = try? remote.read(into: bytes, at: 0), count == bytes.count,
            let file = try? ClassIndexFile(json: Array(bytes), source: place.description),
            file.size == nil || file.size == search.size
        else { return false }
        note(file.index.entries)
        return search.wanted.isSubset(of: file.index.entries.map(\.wnid))
    }

    private func readHeaders(_ mirror: Mirror, _ search: Search) throws {
        let remote = try open(mirror, search, size: search.size)
        var missing = search.wanted
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: TarStep.blockSize, alignment: 16)
        defer { block.deallocate() }
        var next = search.start
        for _ in 0..<Self.mostHeaders where !isStopped && !missing.isEmpty {
            guard next + Int64(block.count) <= remote.size else { return }
            guard try remote.read(into: block, at: next) == block.count else { return }
            let step = TarStep(Array(block), at: next)
            if let entry = ClassIndex.Entry(step) {
                missing.remove(entry.wnid)
                note([entry])
            }
            switch step {
            case .member(_, _, _, let after), .about(let after): next = after
            case .end, .nonsense: return
            }
        }
    }
}

extension Mirror {
    /// Another file in the same folder; nil where its address cannot be told.
    func neighbour(_ name: String) -> Mirror? {
        switch place {
        case .local(let path):
            let isFolder = (try? Folder(path)) != nil
            let folder = isFolder ? path : path.parent
            return folder.appending(name).string.flatMap { try? Mirror($0, fileName: name) }
        case .web(let url):
            guard let parts = URLParts(url), !parts.hasQuery,
                let end = url.lastIndex(of: "/")
            else { return nil }
            let place = URLParts.appending(fileName: name, to: String(url[...end]))
            // The address of the archive itself was checked and allowed.
            return place.flatMap {
                try? Mirror($0, fileName: name, account: account, allowsInsecureHTTP: true)
            }
        }
    }
}
