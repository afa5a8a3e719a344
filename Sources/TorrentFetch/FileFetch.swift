internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// Gets one file: opens what is there, downloads the rest, and gives it its name once the digests
/// of the whole file are right.
struct FileFetch {
    private let job: FetchJob
    private let expected: Expectation
    private let clock = ContinuousClock()

    /// - Parameter digests: what the manifest says, or what the file's first use was.
    init(_ job: FetchJob, size: Int64, digests: [Digest]) {
        self.job = job
        expected = Expectation(job.file, size: size, digests: digests, torrent: job.torrent)
    }

    private var file: ManifestFile { job.file }
    private var data: DataFolder { job.data }
    private var options: FetchOptions { job.options }
    private var mirrors: [Mirror] { job.mirrors }
    private var size: Int64 { expected.size }
    private var hasDigests: Bool { !expected.digests.isEmpty }

    /// Fetches from all sources. Without a piece map mirrors take turns, because a mixture could
    /// only be verified as a whole.
    func run() throws -> FetchResult {
        if let torrent = job.torrent {
            return try attempt(mirrors, nil, continuingFrom: torrent.infoHash.hex)
        }
        let last = try data.journals().load(file.name)?.pin
        var turns = MirrorTurns(mirrors, continuingFrom: last, size: size)
        var failure: FetchError?
        while let turn = turns.next() {
            let origin = MirrorOrigin(turn.mirror, size: size, isProvable: hasDigests)
            do {
                let pin = try pinToContinue(from: origin, isFresh: turn.isFresh)
                return try attempt(
                    [turn.mirror], origin, continuingFrom: pin, rival: rival(turn, turns))
            } catch let slow as Overtaken {
                turns.overtaken(turn, rate: slow.rate)
                let rate = "\(Int(slow.rate / 1024)) KiB/s"
                job.note("\(turn.mirror) is slow (\(rate)): trying another mirror")
            } catch let error as FetchError {
                guard error.isOfMirror else { throw error }
                let told = judge(error, origin, turn, &turns)
                // The caller reports the last error.
                if mirrors.count > 1 || !turns.isOver { job.note(told.message) }
                // In a mixture nobody knows who was wrong; the next turns ask one mirror alone.
                if !(told.code == .mismatch && origin.isMixed) {
                    failure = FetchError.worse(failure, told)
                }
            }
        }
        throw failure ?? FetchError.noSource(file, swarmIsOff: !options.usesSwarm)
    }

    /// A mirror that might be faster than this one; nil for the fastest of all.
    private func rival(_ turn: MirrorTurns.Turn, _ turns: MirrorTurns) -> Rival? {
        guard turn.rate == nil, let other = turns.following else { return nil }
        let memory = MirrorMemory.load(from: data.state)
        let guess = Double(memory.speed(of: other.mirror) ?? MirrorMemory.usualSpeed)
        let limit = options.maxDownload > 0 ? Double(options.maxDownload) : .infinity
        return Rival(
            speed: min(other.rate ?? guess, limit), margin: other.rate == nil ? 4 : 1.5,
            beginsAnew: other.isFresh || !hasDigests)
    }

    /// Draws the consequences of a mirror's failure, and words the error.
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
        MirrorMemory.update(in: data.state) { $0.strike(origin.mirror) }
        return error.of(origin.mirror)
    }

    /// The pin of a journal that this mirror may continue; nil where it must begin at 0.
    private func pinToContinue(from origin: MirrorOrigin, isFresh: Bool) throws -> String? {
        if isFresh { return nil }
        guard let journal = try data.journals().load(file.name) else { return origin.pin }
        if journal.pieces.isEmpty { return journal.pin }
        if let version = origin.version(in: journal.pin) {
            origin.saw(version)
            return journal.pin
        }
        if hasDigests {
            // The digests decide in the end, and the bytes may well be right.
            origin.setMixed(true)
            return journal.pin
        }
        // The bytes are discarded only for a mirror that answers.
        _ = try origin.mirror.probe(size: size, options: options.mirrorOptions)
        return nil
    }

    private func attempt(
        _ mirrors: [Mirror], _ origin: MirrorOrigin?, continuingFrom pin: String?,
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

    /// Verifies the file under the final name; nil when it is not the right one.
    func prove() throws -> FetchResult? {
        let started = clock.now
        var notes: [String] = []
        guard let receipt = try opener().prove(&notes) else { return nil }
        return wasThere(receipt, notes, started)
    }

    /// Why the file under the final name would be left alone; nothing is changed.
    func refusal() throws -> FetchError? {
        var notes: [String] = []
        defer { job.notes(notes) }
        return try opener().refusal(&notes)
    }

    private func wasThere(
        _ receipt: Receipt, _ notes: [String], _ started: ContinuousClock.Instant
    ) -> FetchResult {
        job.notes(notes)
        var result = FetchResult(receipt)
        result.seconds = (clock.now - started).seconds
        job.report(.done(file, result))
        return result
    }

    private func opener(_ pin: String? = nil) -> StagingOpener {
        StagingOpener(
            data: data, expected: expected, pin: pin, reserves: job.classes == nil, stop: job.stop,
            tell: { [job] done in job.report(.reading(job.file, done)) })
    }

    private func grow(
        _ opened: consuming StagingOpener.Opened, _ mirrors: [Mirror], _ origin: MirrorOrigin?,
        _ rival: Rival?, _ started: ContinuousClock.Instant
    ) throws -> FetchResult {
        job.notes(opened.notes)
        let isNew = opened.trust == .begun
        let space =
            opened.reservation == .allocated ? nil : SpaceWatch(data, reserve: options.reserve)
        var job = job
        job.mirrors = mirrors
        let transfer = PieceTransfer(job: job, origin: origin, rival: rival, started: started)
        let buffers = transfer.buffers(pieceLength: expected.pieceLength)
        let staging = opener().staging(
            opened, isPartial: job.classes != nil, holds: buffers.held)
        let pinned = expected.torrent?.hex ?? ""
        let keeper = JournalKeeper(
            staging, try data.journals(), fileName: file.name, pin: origin?.pin ?? pinned
        ) { [job] problem in
            switch problem {
            case .journalNotSaved(let error): job.note(error.message)
            case .dataNotSynced(let error): transfer.trouble.update { $0 = error }
            }
        }
        do {
            return try transfer.run(staging, buffers, space, writingEnded: { keeper.stop() }) {
                result in
                try publish(result)
                keep(staging.ledger.read { $0.ownMap }, result.digests)
            }
        } catch {
            if isNew, staging.proven.isEmpty { discard() }
            throw error
        }
    }

    /// Removes an empty staging file of this run. It is still claimed.
    private func discard() {
        do {
            try data.journals().remove(file.name)
            try data.openArchives().remove(DataFolder.stagingName(file.name))
        } catch {
            // The next run uses what is left.
        }
    }

    private func publish(_ result: FetchResult) throws {
        let publishing = Publishing(data: data, expected: expected)
        switch try publishing.publish(
            digests: result.digests, sources: result.origins, try data.journals())
        {
        case .published(_, let notes): job.notes(notes)
        case .mismatch(let error): throw error
        }
    }

    /// Keeps a piece map, so that damage can be located and repaired later.
    private func keep(_ map: PieceMap?, _ digests: [Digest]) {
        guard let map else { return }
        do throws(DiskError) {
            try data.pieces.save(ProvenPieces(fileName: file.name, digests: digests, map: map))
        } catch {
            job.note("cannot save the piece map: \(error.message)")
        }
    }
}
