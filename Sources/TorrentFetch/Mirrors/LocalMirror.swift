internal import DataFolder
internal import Disk
internal import Synchronization

/// Reads pieces from a copy of the file in a folder. It is trusted no more than a web server.
final class LocalMirror: Sendable {
    private let mirror: Mirror
    private let path: Path
    private let index: Int
    private let pool: MirrorPool
    private let state = Monitor((isStopped: false, isWoken: false))

    init?(_ mirror: Mirror, _ index: Int, _ pool: MirrorPool) {
        guard case .local(let path) = mirror.place else { return nil }
        self.mirror = mirror
        self.path = path
        self.index = index
        self.pool = pool
    }

    func stop() { state.update { $0.isStopped = true } }

    func wake() { state.update { $0.isWoken = true } }

    private var isStopped: Bool { state.read { $0.isStopped } }

    /// Reads runs of pieces until there are no more; for its own thread.
    func read() {
        do throws(FetchError) {
            try readAll()
            pool.inbox.post(.readerEnded(nil, mirror: index))
        } catch {
            pool.inbox.post(.readerEnded(error, mirror: index))
        }
    }

    /// The file at `path`, or of that name in the folder at `path` or in its `tar`: somebody's data
    /// folder.
    static func open(_ path: Path, _ fileName: String) throws(DiskError) -> FileDescriptor {
        do {
            return try FileDescriptor(path, .reading)
        } catch {
            guard error.code == .isAFolder else { throw error }
            do {
                return try FileDescriptor(path.appending(fileName), .reading)
            } catch  where error.code == .notFound {
                let inner = DataFolder(path).archive(fileName)
                guard let copy = try? FileDescriptor(inner, .reading) else { throw error }
                return copy
            }
        }
    }

    private func readAll() throws(FetchError) {
        do {
            let copy = try Self.open(path, mirror.fileName)
            let before = try copy.identity()
            guard before.size == pool.file.size else {
                throw FetchError.mirror(
                    .mirrorRefused, mirror,
                    "its file has \(before.size) bytes, not \(pool.file.size)",
                    hint: "is it a complete copy of the same file?")
            }
            if let origin = pool.origin {
                let version = MirrorOrigin.Version(before)
                origin.saw(version)
                guard origin.version == version else {
                    pool.source.changed(index)
                    throw FetchError.mirror(
                        .mirrorRefused, mirror, "its file has changed since the first part was read"
                    )
                }
            }
            while !isStopped {
                if pool.source.isFinished { return }
                let pieces = pool.source.takeRun(
                    for: index, from: nil, bytes: pool.options.runBytes.lowerBound)
                if let pieces { try read(pieces, copy, before) } else { rest() }
            }
        } catch let error as FetchError {
            throw error
        } catch {
            let why = (error as? DiskError)?.message ?? "\(error)"
            throw .mirror(.mirrorRefused, mirror, why)
        }
    }

    private func read(
        _ pieces: Range<Int>, _ copy: borrowing FileDescriptor, _ before: FileIdentity
    ) throws {
        var next = pieces.lowerBound
        defer {
            if next < pieces.upperBound {
                pool.source.giveBack(next..<pieces.upperBound, from: index)
            }
        }
        while next < pieces.upperBound {
            guard !isStopped else { return }
            guard let buffer = pool.buffers.take(orCall: { [weak self] in self?.wake() }) else {
                rest()
                continue
            }
            let count = pool.file.length(of: next)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
            try copy.readFully(part, at: Int64(next) * Int64(pool.file.pieceLength))
            guard try copy.identity() == before else {
                pool.inbox.post(.changed(mirror: index))
                throw FetchError.mirror(
                    .mirrorRefused, mirror, "its file changed while it was read")
            }
            pool.inbox.post(.read(count, mirror: index))
            let piece = next
            next += 1
            pool.file.submit(piece, buffer) { [inbox = pool.inbox, index] verdict in
                inbox.post(.verdict(verdict, piece: piece, byteCount: count, mirror: index))
            }
            keepPace(count)
        }
    }

    /// Waits for the time that these bytes may take.
    private func keepPace(_ count: Int) {
        // Each folder has its share; web mirrors get the rest.
        let rate = pool.maximumRate.load(ordering: .relaxed) / pool.folderCount
        guard rate > 0 else { return }
        state.wait(atMost: .seconds(Double(count) / Double(rate))) { $0.isStopped ? () : nil }
    }

    private func rest() {
        state.wait { state -> Void? in
            guard state.isWoken || state.isStopped else { return nil }
            state.isWoken = false
            return ()
        }
    }
}
