internal import DataFolder
internal import DatasetManifest
internal import Disk

extension FetchPlan.Item {
    /// - Parameters:
    ///   - source: the state of a missing file that must be downloaded by hand.
    ///   - isMissed: whether such a file was selected all the same.
    ///   - names: the names of all selected files.
    init(
        _ file: ManifestFile, _ found: FoundFile, _ options: FetchOptions,
        orElse source: ManifestFile.Source = .mirrors, isMissed: Bool = false,
        beside names: Set<String> = [], classes: ClassWork? = nil
    ) {
        self.file = file
        self.classes = classes
        var state = Self.state(of: file, found, options, orElse: source)
        if let classes, case .partial = state, classes.piecesMissing == 0, found.isUntouched {
            state = .classesThere
        }
        self.state = state
        let known = file.size ?? found.journal?.size
        size = known ?? file.sizeAbout
        bytesThere = found.final?.identity.size ?? 0
        isSizeAbout = known == nil && file.sizeAbout != nil
        hasTorrent = file.torrent != nil && options.usesSwarm
        mirrors = options.usesMirrors ? file.mirrors.count + options.mirrors.count : 0
        let work = Work(
            state, found, size: size ?? 0, keepsPieces: file.torrent != nil,
            presumes: !file.digests.isEmpty, classes: classes)
        bytesMissing = work.missing
        bytesAtMost = max(work.atMost, work.missing)
        isMissingExact = work.isExact
        bytesOnDisk = work.onDisk
        inodes = work.inodes
        let refusal = Self.refusal(
            file, state, found, options, hasSource: hasTorrent || mirrors > 0)
        if case .manual(let how, let found) = state {
            self.refusal = isMissed ? .onlyByHand(file, how, found: found) : nil
        } else {
            self.refusal = Self.collision(file, state, names) ?? refusal
        }
        note = Self.note(found)
    }

    private static func state(
        of file: ManifestFile, _ found: FoundFile, _ options: FetchOptions,
        orElse source: ManifestFile.Source
    ) -> FetchPlan.State {
        if let final = found.final {
            if case .receipt(let receipt) = found.receipt, receipt.holds(for: final.identity),
                receipt.proves(file)
            {
                return .whole(receipt)
            }
            if !found.hasAria2File, file.size == nil || file.size == final.size {
                return .unproven
            }
        } else if found.staging == nil, !options.fetchesRetired,
            case .receipt(let receipt) = found.receipt, receipt.proof == .retired,
            receipt.proves(file)
        {
            return .retired(receipt)
        }
        switch source {
        case .mirrors: break
        case .manual(let how): return .manual(how: how, found: found.final?.size)
        case .superseded(let by): return .superseded(by: by)
        }
        // A journal knows best.
        if found.staging != nil, let journal = found.journal,
            file.size == nil || file.size == journal.size
        {
            return .partial
        }
        if let final = found.final {
            return found.hasAria2File ? .halfFinished : .wrongSize(final.size)
        }
        return found.staging == nil ? .absent : .candidate
    }

    private static func refusal(
        _ file: ManifestFile, _ state: FetchPlan.State, _ found: FoundFile,
        _ options: FetchOptions, hasSource: Bool
    ) -> FetchError? {
        switch state {
        case .whole, .classesThere, .retired, .manual, .superseded: return nil
        default: break
        }
        if !file.isPinned, !options.allowsUnverified {
            // The first use has pinned it already.
            guard case .receipt = found.receipt else { return .unverified(file) }
        }
        if case .unproven = state { return nil }
        return hasSource ? nil : .noSource(file, swarmIsOff: !options.usesSwarm)
    }

    /// A manifest may have both `a.tar` and `a.tar.part`: the download of one would overwrite the
    /// other.
    private static func collision(
        _ file: ManifestFile, _ state: FetchPlan.State, _ names: Set<String>
    ) -> FetchError? {
        if case .whole = state { return nil }
        let needed = [DataFolder.stagingName(file.name), DataFolder.aria2Name(file.name)]
        let taken = needed.compactMap(\.string).first { names.contains($0) }
        return taken.map { .nameTaken(file, by: $0) }
    }

    private static func note(_ found: FoundFile) -> String? {
        if case .newer(let schema) = found.receipt {
            return "its receipt was written by a newer version of this program "
                + "(\(escaped(schema))) and is left alone"
        }
        return nil
    }
}

/// What a state costs in bytes and files.
private struct Work {
    var missing: Int64 = 0
    var atMost: Int64 = 0
    var isExact = true
    var onDisk: Int64 = 0
    var inodes: Int64 = 0

    /// - Parameters:
    ///   - keepsPieces: piece hashes tell which pieces are right.
    ///   - presumes: a digest of the whole file verifies the pieces at the end.
    init(
        _ state: FetchPlan.State, _ found: FoundFile, size: Int64, keepsPieces: Bool,
        presumes: Bool, classes: ClassWork?
    ) {
        switch state {
        case .whole, .classesThere, .retired, .manual, .superseded: return
        case .unproven:
            inodes = 1
        case .absent:
            missing = classes?.bytesMissing ?? size
            onDisk = missing
            isExact = classes?.isExact ?? true
            // The file, two journals, a receipt.
            inodes = 4
        case .partial:
            missing = classes?.bytesMissing ?? found.journal.map(Self.missing) ?? size
            let room = max(0, size - (found.staging?.allocated ?? 0))
            onDisk = classes == nil ? room : min(missing, room)
            isExact = classes?.isExact ?? true
            inodes = 1
        case .candidate:
            isExact = false
            let allocated = found.staging?.allocated ?? 0
            onDisk = max(0, size - allocated)
            if let classes { onDisk = min(onDisk, classes.bytesMissing) }
            // It may be cut without having holes.
            let holes = max(onDisk, size - (found.staging?.size ?? 0))
            missing = keepsPieces || presumes ? holes : size
            atMost = size
            if let classes {
                missing = min(missing, classes.bytesMissing)
                atMost = classes.bytes
            }
            inodes = 3
        case .wrongSize, .halfFinished:
            isExact = false
            atMost = size
            inodes = 4
            let goesOn =
                keepsPieces || presumes && Self.isHalf(found, size)
            if goesOn, found.final?.isLink == false, found.staging == nil {
                onDisk = max(0, size - (found.final?.allocated ?? 0))
                missing = max(onDisk, size - (found.final?.size ?? 0))
            } else {
                // It is downloaded to another name first.
                missing = size
                onDisk = max(0, size - (found.staging?.allocated ?? 0))
            }
        }
    }

    /// Whether the file is long enough to have a usable piece.
    private static func isHalf(_ found: FoundFile, _ size: Int64) -> Bool {
        guard let there = found.final?.size else { return false }
        return found.hasAria2File
            || there < size && there >= ProvenPieces.pieceLength(forSize: size)
    }

    private static func missing(_ journal: Journal) -> Int64 {
        journal.pieces.missingRanges.reduce(0) { sum, range in
            // No overflow: the pieces of a journal make up its size.
            let start = Int64(range.lowerBound) * journal.pieceLength
            let (end, overflow) = Int64(range.upperBound)
                .multipliedReportingOverflow(by: journal.pieceLength)
            return sum + (overflow ? journal.size : min(end, journal.size)) - start
        }
    }
}
