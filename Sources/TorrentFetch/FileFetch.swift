internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Gets one file: opens what is there, lets swarm and mirrors bring the rest, and gives it its name
/// when the digests of the whole file are right.
final class FileFetch {
    private let file: ManifestFile
    private let data: DataFolder
    private let options: FetchOptions
    private let torrent: FoundTorrent?
    private let size: Int64
    /// What the whole file must be: what the manifest says, or what its first use was.
    private let expected: [Digest]
    private let mirrors: [Mirror]
    private let isStopped: @Sendable () -> (any Error)?
    private let report: @Sendable (FetchEvent) -> Void
    private let clock = ContinuousClock()

    init(
        _ file: ManifestFile, size: Int64, expected: [Digest], torrent: FoundTorrent?,
        mirrors: [Mirror],
        data: DataFolder, options: FetchOptions,
        isStopped: @escaping @Sendable () -> (any Error)?,
        report: @escaping @Sendable (FetchEvent) -> Void
    ) {
        self.file = file
        self.size = size
        self.expected = expected
        self.torrent = torrent
        self.mirrors = mirrors
        self.data = data
        self.options = options
        self.isStopped = isStopped
        self.report = report
    }

    /// Fetches with all sources. Without a piece map, mirrors take turns: what several of them gave
    /// could be told right only all together.
    func run() throws -> FetchResult {
        if let torrent { return try attempt(mirrors, nil, goingOnFrom: torrent.infoHash.hex) }
        let last = try data.journals().load(file.name)?.pin
        var turns = MirrorTurns(mirrors, goingOnFrom: last, size: size)
        var failure: FetchError?
        while let turn = turns.next() {
            let origin = MirrorOrigin(turn.mirror, size: size, isProvable: hasDigests)
            do {
                let pin = try pinToGoOn(from: origin, isFresh: turn.isFresh)
                return try attempt(
                    [turn.mirror], origin, goingOnFrom: pin, rival: rival(turn, turns))
            } catch let slow as Overtaken {
                turns.overtaken(turn, rate: slow.rate)
                let rate = "\(Int(slow.rate / 1024)) KiB/s"
                report(.note(file, "\(turn.mirror) brings only \(rate): trying another mirror"))
            } catch let error as FetchError {
                guard error.isOfMirror else { throw error }
                let told = judge(error, origin, turn, &turns)
                // What ends it is told by whoever called.
                if mirrors.count > 1 || !turns.isOver { report(.note(file, told.message)) }
                // Of a mixture nobody can say who was wrong; those who are asked alone will show.
                if !(told.code == .mismatch && origin.isMixed) {
                    failure = FetchError.worse(failure, told)
                }
            }
        }
        throw failure ?? FetchError.noSource(file, swarmIsOff: !options.usesSwarm)
    }

    /// Who might be faster than the mirror whose turn it is; nil for the one that was the fastest of
    /// all.
    private func rival(_ turn: MirrorTurns.Turn, _ turns: MirrorTurns) -> Rival? {
        guard turn.rate == nil, let other = turns.following else { return nil }
        let memory = MirrorMemory.load(from: data.state)
        let guess = Double(memory.speed(of: other.mirror) ?? MirrorMemory.usualSpeed)
        let limit = options.maxDownload > 0 ? Double(options.maxDownload) : .infinity
        return Rival(
            speed: min(other.rate ?? guess, limit), margin: other.rate == nil ? 4 : 1.5,
            beginsAnew: other.isFresh || !hasDigests)
    }

    /// What comes of a mirror's failure, and how it is told.
    private func judge(
        _ error: FetchError, _ origin: MirrorOrigin, _ turn: MirrorTurns.Turn,
        _ turns: inout MirrorTurns
    ) -> FetchError {
        if origin.hasChanged {
            turns.again(turn)
            return error
        }
        guard error.code == .mismatch else { return error }
        if origin.isMixed {
            turns.separate(turn)
            return error.ofSeveralMirrors
        }
        var memory = MirrorMemory.load(from: data.state)
        memory.strike(origin.mirror)
        // Only the order in which mirrors are asked depends on it.
        try? memory.save(to: data.state)
        return error.of(origin.mirror)
    }

    private var hasDigests: Bool { !opener().expected.isEmpty }

    /// The pin of a journal that this mirror may go on with; nil where it must begin from nothing.
    private func pinToGoOn(from origin: MirrorOrigin, isFresh: Bool) throws -> String? {
        if isFresh { return nil }
        guard let journal = try data.journals().load(file.name) else { return origin.pin }
        if journal.pieces.isEmpty { return journal.pin }
        if let version = origin.version(in: journal.pin) {
            origin.saw(version)
            return journal.pin
        }
        if hasDigests {
            // They tell in the end, and what is there may well be right.
            origin.setMixed(true)
            return journal.pin
        }
        // What is there is given up only for a mirror that answers.
        _ = try origin.mirror.probe(size: size, options: options.mirrorOptions)
        return nil
    }

    private func attempt(
        _ mirrors: [Mirror], _ origin: MirrorOrigin?, goingOnFrom pin: String?,
        rival: Rival? = nil
    ) throws -> FetchResult {
        let started = clock.now
        switch try opener(pin).open(try data.journals()) {
        case .whole(let receipt, let notes): return wasThere(receipt, notes, started)
        case .growing(let opened):
            if opened.proven.isEmpty { origin?.setMixed(false) }
            if opened.trust == .presumed { origin?.setMixed(true) }
            return try grow(opened, mirrors, origin, rival, started)
        }
    }

    /// Proves what is there under the final name; nil when it is not what it should be.
    func prove() throws -> FetchResult? {
        let started = clock.now
        var notes: [String] = []
        guard let receipt = try opener().prove(&notes) else { return nil }
        return wasThere(receipt, notes, started)
    }

    /// Why what lies under the final name would be left alone; nothing is changed.
    func refusal() throws -> FetchError? {
        var notes: [String] = []
        defer { for note in notes { report(.note(file, note)) } }
        return try opener().refusal(&notes)
    }

    private func wasThere(
        _ receipt: Receipt, _ notes: [String], _ started: ContinuousClock.Instant
    ) -> FetchResult {
        for note in notes { report(.note(file, note)) }
        var result = FetchResult(bytes: size)
        result.digests = receipt.digests
        result.wasThere = true
        result.seconds = (clock.now - started).seconds
        report(.done(file, result))
        return result
    }

    private func opener(_ pin: String? = nil) -> StagingOpener {
        StagingOpener(
            data: data, name: file.name, size: size, pieceLength: pieceLength,
            map: torrent?.map, pin: pin,
            algorithms: expected.isEmpty ? file.algorithms : expected.map(\.algorithm),
            expected: expected, isPinned: file.isPinned, torrent: torrent.map(\.infoHash),
            goOn: { [report, file, isStopped] done in
                report(.reading(file, done))
                return isStopped() == nil
            })
    }

    private var pieceLength: Int {
        torrent?.map.pieceLength ?? ProvenPieces.pieceLength(forSize: size)
    }

    private func grow(
        _ opened: consuming StagingOpener.Opened, _ mirrors: [Mirror], _ origin: MirrorOrigin?,
        _ rival: Rival?, _ started: ContinuousClock.Instant
    ) throws -> FetchResult {
        for note in opened.notes { report(.note(file, note)) }
        let isNew = opened.trust == .begun
        let space =
            opened.reservation == .allocated ? nil : SpaceWatch(data, reserve: options.reserve)
        let transfer = PieceTransfer(
            file: file, data: data, options: options, torrent: torrent, mirrors: mirrors,
            origin: origin, rival: rival, started: started, isStopped: isStopped, report: report)
        let buffers = transfer.buffers(pieceLength: pieceLength)
        let staging = opener().staging(opened, holds: buffers.held)
        let pinned = torrent?.infoHash.hex ?? ""
        let keeper = JournalKeeper(
            staging, try data.journals(), fileName: file.name, pin: origin?.pin ?? pinned
        ) { [report, file] problem in
            switch problem {
            case .journalNotSaved(let error): report(.note(file, error.message))
            case .dataNotSynced(let error): transfer.trouble.update { $0 = error }
            }
        }
        // When it stops, nobody writes to the file any more.
        do {
            return try transfer.run(staging, buffers, space, settled: { keeper.stop() }) { result in
                try publish(result)
                keep(staging.piecesOfItsOwn, result.digests)
            }
        } catch {
            if isNew, staging.proven.isEmpty { discard() }
            throw error
        }
    }

    /// Removes a staging file of this run into which nothing has come. It is still claimed.
    private func discard() {
        do {
            try data.journals().remove(file.name)
            try data.openArchives().remove(DataFolder.stagingName(file.name))
        } catch {
            // What is left is of no harm: the next run begins with it.
        }
    }

    private func publish(_ result: FetchResult) throws {
        let publishing = Publishing(
            data: data, name: file.name, size: size, expected: expected, isPinned: file.isPinned,
            torrent: torrent.map(\.infoHash))
        var origins = result.fromMirrors
        if result.fromSwarm > 0 { origins["swarm"] = result.fromSwarm }
        switch try publishing.publish(
            digests: result.digests, sources: origins, try data.journals())
        {
        case .published(_, let notes): for note in notes { report(.note(file, note)) }
        case .mismatch(let error): throw error
        }
    }

    /// From now on what may break in this file can be told, and mended, piece by piece.
    private func keep(_ map: PieceMap?, _ digests: [Digest]) {
        guard let map else { return }
        do throws(DiskError) {
            try data.pieces.save(ProvenPieces(fileName: file.name, digests: digests, map: map))
        } catch {
            report(.note(file, "no piece map could be kept: \(error.message)"))
        }
    }
}
