public import Disk

/// Visits the members of an archive, including those of tars inside a tar, and reads only headers if
/// it can.
///
///     let outcome = try MemberWalk().run("ILSVRC2012_img_train.tar") { member in
///         print(member.path, member.size ?? 0, member.offset ?? 0)
///     }
///     if let damage = outcome.damage { throw damage }
///
/// A plain tar is read by offset, 512 bytes a member; a compressed one from front to back. Memory does
/// not grow with the members.
///
/// A tar in a tar is entered when its name ends in `.tar` and a tar begins in it; tars in that one are
/// files like others.
public struct MemberWalk: Sendable {
    public var entersTars: Bool
    /// The readable parts of a file that is still being fetched, or is damaged. The rest is skipped,
    /// and members that touch it are not whole.
    public var readable: ReadableRanges
    /// Whether the walk ends at the first damage.
    /// Members after it may get wrong names.
    public var endsAtDamage: Bool
    /// Whether the visitor reads the members' data too, so that large blocks are read.
    public var readsData: Bool
    /// Decides by its name whether a tar inside is wanted; one that is not is passed over with all
    /// its members. Nil if all are.
    public var wantsTar: (@Sendable (UnsafeRawBufferPointer) -> Bool)?
    /// The walk ends after so many wanted tars.
    public var mostTars = Int.max

    public init(
        entersTars: Bool = true, readable: ReadableRanges = .all, endsAtDamage: Bool = false,
        readsData: Bool = false
    ) {
        self.readsData = readsData
        self.entersTars = entersTars
        self.readable = readable
        self.endsAtDamage = endsAtDamage
    }

    /// What a walk found besides the members.
    public struct Outcome: Sendable {
        /// The first place that is invalid or cannot be read. Members after it were given as
        /// far as they could be found.
        public internal(set) var damage: ArchiveError?
        /// The number of such places.
        public internal(set) var damageCount = 0
        /// The first place where a header is not readable.
        public internal(set) var missing: ArchiveError?
        /// Whether the members have offsets in the file.
        public internal(set) var hasOffsets = false
        /// Whether the archive has its end mark. A tar without one may have been cut between two
        /// members. Always true for a zip, which has a list of members.
        public internal(set) var hasEndMark = true
        /// The first tar inside without such a mark.
        public internal(set) var openTar: Path?

        mutating func note(_ error: ArchiveError) {
            if error.code == .missing {
                missing = missing ?? error
            } else {
                damage = damage ?? error
                damageCount += 1
            }
        }
    }

    /// Hands the members to `visit`, in the order of the archive.
    ///
    /// - Throws: what `visit` throws; `ArchiveError` `.disk` when the file cannot be opened,
    ///   `.notAnArchive` when it holds none. Damage after the beginning is in the outcome.
    public func run(
        _ path: Path, _ visit: (ArchiveMember) throws -> Void
    ) throws -> Outcome {
        try run(ArchiveError.catching(FileDescriptor(path, .reading)), visit)
    }

    /// The same with a file that is open already.
    public func run(
        _ file: consuming FileDescriptor, _ visit: (ArchiveMember) throws -> Void
    ) throws -> Outcome {
        var outcome = Outcome()
        let path = file.path
        switch try OpenArchive(file, readable, readsData: readsData) {
        case .tar(let input):
            outcome.hasOffsets = true
            try tar(input, &outcome, visit)
        case .compressedTar(let input): try tar(input, &outcome, visit)
        case .zip(let zip): try entries(zip, &outcome, visit)
        case .unknown: outcome.note(.missing(path, at: 0))
        }
        return outcome
    }

    /// The same with a plain tar that is far away.
    ///
    /// - Parameter scouts: how many others read headers ahead of the walk.
    /// - Throws: what `source` throws too.
    public func run<Source: RandomAccessBytes>(
        _ source: Source, scouts: Int = 0, _ visit: (ArchiveMember) throws -> Void
    ) throws -> Outcome {
        let input = RemoteInput(source, scouts: scouts)
        var outcome = Outcome()
        outcome.hasOffsets = true
        do {
            try ArchiveKind.checkTar(input)
            try tar(input, &outcome, visit)
        } catch let error as ArchiveError {
            throw input.failure ?? error
        }
        if let failure = input.failure { throw failure }
        return outcome
    }

    /// The members of a plain tar in these bytes of a file. Tars inside are files like others.
    ///
    /// - Parameter container: the name of that tar in the file.
    public func run(
        _ path: Path, inside range: Range<Int64>, container: Path = "",
        _ visit: (ArchiveMember) throws -> Void
    ) throws -> Outcome {
        let input = try FileInput(ArchiveError.catching(FileDescriptor(path, .reading)))
        var outcome = Outcome()
        outcome.hasOffsets = true
        let cursor = TarCursor(input, range.clamped(to: 0..<input.end), readable)
        try container.bytes.withUnsafeBytes { container in
            try each(cursor, &outcome) { member, _ in
                var member = member
                member.container = container
                try visit(member)
            }
        }
        outcome.hasEndMark = cursor.hasEndMark
        return outcome
    }

    /// The same with a plain tar in these bytes of a file that is far away. Tars inside are files like
    /// others.
    public func run<Source: RandomAccessBytes>(
        _ source: Source, inside range: Range<Int64>, scouts: Int = 0,
        _ visit: (ArchiveMember) throws -> Void
    ) throws -> Outcome {
        let input = RemoteInput(source, scouts: scouts)
        var outcome = Outcome()
        outcome.hasOffsets = true
        let range = range.clamped(to: 0..<input.end)
        let cursor = TarCursor(input, range, readable)
        try input.scouting(range) { try each(cursor, &outcome) { member, _ in try visit(member) } }
        if let failure = input.failure { throw failure }
        outcome.hasEndMark = cursor.hasEndMark
        return outcome
    }

    /// The first member in these bytes of a tar that is far away, of whatever tar inside.
    ///
    /// - Parameter searching: whether other bytes may come before its header.
    /// - Returns: nil if there is none.
    public static func first<Source: RandomAccessBytes, Result>(
        in source: Source, _ range: Range<Int64>, searching: Bool = true,
        _ body: (ArchiveMember) throws -> Result
    ) throws -> Result? {
        let input = RemoteInput(source, ahead: searching ? 64 << 10 : nil)
        let cursor = TarCursor(input, range.clamped(to: 0..<input.end), .all)
        let member: ArchiveMember?
        do throws(ArchiveError) {
            if searching, try !cursor.resume({ _ in true }) { return nil }
            member = try cursor.next()
        } catch {
            if let failure = input.failure { throw failure }
            return nil
        }
        return try member.map(body)
    }

    // MARK: Tar

    private func tar<Input: TarInput>(
        _ input: Input, _ outcome: inout Outcome, _ visit: (ArchiveMember) throws -> Void
    ) throws {
        // Where tars are passed over, their headers are not to be read ahead.
        guard entersTars, wantsTar == nil else { return try members(of: input, &outcome, visit) }
        try input.scouting(0..<input.end) { try members(of: input, &outcome, visit) }
    }

    private func members<Input: TarInput>(
        of input: Input, _ outcome: inout Outcome, _ visit: (ArchiveMember) throws -> Void
    ) throws {
        let cursor = TarCursor(input, 0..<input.end, readable)
        let stream = (input as? StreamInput).map { MemberStream($0) }
        var hasContainers = false
        var tars = 0
        // The damage up to the end of the last inner tar: after more damage, members of a tar
        // whose header is lost may follow.
        var knownDamage = 0
        try each(
            cursor, &outcome, isAdrift: { hasContainers && $0.damageCount > knownDamage },
            isWanted: { name, isAdrift in
                !hasContainers || Self.isTar(name) || isAdrift && entersTars
            }
        ) { member, outcome in
            guard try isContainer(member, input, cursor.dataOffset) else {
                var member = member
                member.isAdrift = outcome.damageCount > knownDamage
                stream?.start = cursor.dataOffset
                member.stream = stream
                return try visit(member)
            }
            hasContainers = true
            if wantsTar?(member.name) ?? true {
                if entersTars {
                    try enter(member, input, cursor.dataOffset, &outcome, visit)
                } else {
                    try visit(member)
                }
                tars += 1
                if tars == mostTars { cursor.end() }
            }
            knownDamage = outcome.damageCount
        }
        outcome.hasEndMark = cursor.hasEndMark || tars >= mostTars
    }

    private func isContainer<Input: TarInput>(
        _ member: ArchiveMember, _ input: Input, _ offset: Int64
    ) throws -> Bool {
        guard member.kind == .file, !member.isSparse, Self.isTar(member.name),
            member.storedSize >= Int64(TarHeader.blockSize)
        else { return false }
        // If it is not readable yet, its name decides.
        let block = offset..<offset + Int64(TarHeader.blockSize)
        guard readable.contains(block) else { return true }
        // A disk error shows again at the next header.
        return (try? TarCursor.begins(input, offset..<offset + member.storedSize, readable)) ?? true
    }

    private func enter<Input: TarInput>(
        _ member: ArchiveMember, _ input: Input, _ offset: Int64, _ outcome: inout Outcome,
        _ visit: (ArchiveMember) throws -> Void
    ) throws {
        var container = member
        container.isContainer = true
        try visit(container)
        let size = min(member.storedSize, input.end - offset)
        let cursor = TarCursor(input, offset..<offset + size, readable)
        let stream = (input as? StreamInput).map { MemberStream($0) }
        try input.scouting(offset..<offset + size) {
            try each(cursor, &outcome) { inner, _ in
                var inner = inner
                inner.container = member.name
                stream?.start = cursor.dataOffset
                inner.stream = stream
                try visit(inner)
            }
        }
        if !cursor.hasEndMark, outcome.openTar == nil { outcome.openTar = Path(bytes: member.name) }
    }

    /// All members that can be found, whatever is between them.
    ///
    /// - Parameters:
    ///   - isAdrift: whether members may belong to an inner tar whose header is lost.
    ///   - isWanted: whether a header of that name may belong to this tar, after damage.
    private func each<Input: TarInput>(
        _ cursor: TarCursor<Input>, _ outcome: inout Outcome,
        isAdrift: (Outcome) -> Bool = { _ in false },
        isWanted: (UnsafeRawBufferPointer, Bool) -> Bool = { _, _ in true },
        _ body: (ArchiveMember, inout Outcome) throws -> Void
    ) throws {
        while !(endsAtDamage && outcome.damage != nil) {
            let member: ArchiveMember?
            do throws(ArchiveError) {
                member = try cursor.next()
            } catch {
                // Such a tar ends with its end mark, which is not damage.
                if !(cursor.hasEndMark && isAdrift(outcome)) { outcome.note(error) }
                let isAdrift = isAdrift(outcome)
                guard (try? cursor.resume { isWanted($0, isAdrift) }) == true else { return }
                continue
            }
            guard let member else { return }
            try body(member, &outcome)
        }
    }

    static func isTar(_ name: UnsafeRawBufferPointer) -> Bool {
        name.suffix(4).elementsEqual(".tar".utf8)
    }

    // MARK: Zip

    private func entries(
        _ zip: ZipReader, _ outcome: inout Outcome, _ visit: (ArchiveMember) throws -> Void
    ) throws {
        let input = StreamInput(zip)
        let stream = MemberStream(input)
        while true {
            let next: ArchiveMember?
            do throws(ArchiveError) {
                input.restart()
                next = try zip.next()
            } catch {
                return outcome.note(error)
            }
            guard var member = next else { return }
            member.stream = stream
            let isTar = entersTars && member.kind == .file && Self.isTar(member.name)
            if isTar, (try? TarCursor.begins(input, 0..<input.end, .all)) == true {
                try enter(member, input, 0, &outcome, visit)
            } else {
                try visit(member)
            }
        }
    }
}
