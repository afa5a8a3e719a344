internal import Archives
public import DataFolder
public import DatasetManifest
public import Disk

/// Gets single members of a data set's archives into `DATA/members`, without the rest: by ranges, from
/// the archive that is here or from mirrors.
///
///     let fetcher = MemberFetcher(DataFolder("data"), FetchOptions())
///     let result = try fetcher.fetch(name, of: manifest.files[0])
///
/// The pieces that a member touches are verified before it is written.
public struct MemberFetcher: Sendable {
    public enum Proof: String, Sendable {
        case pieces
        /// The archive here has a receipt.
        case receipt
        case none
    }

    public struct Fetched: Sendable {
        /// Where it is now.
        public let path: Path
        public let bytes: Int64
        public let proof: Proof
        /// Who said where it lies.
        public let source: String
        public let wasThere: Bool
    }

    public static let folderName = "members"

    private let data: DataFolder
    private let options: FetchOptions

    public init(_ data: DataFolder, _ options: FetchOptions) {
        self.data = data
        self.options = options
    }

    /// Gets one member; an equal file that is there already is left alone.
    ///
    /// - Throws: `FetchError` `.noMember`, `.unsafeMember`, `.unverified` without piece hashes,
    ///   `.foreign` where another file has its name, and those of mirrors; `DiskError`; the reason
    ///   to stop.
    public func fetch(
        _ member: MemberName, of file: ManifestFile, stop: StopCheck = .never
    ) throws -> Fetched {
        let map = pieces(of: file)
        let size = map?.size ?? file.size
        let own = try ownCopies(of: file)
        let hasReceipt = try own.first.map { try isProven($0, file) } ?? false
        if map == nil, !hasReceipt, !options.allowsUnverified {
            throw FetchError.unverifiedMember(member, in: file)
        }
        let chosen = Fetcher(data, options).mirrors(of: file)
        let ours = try own.compactMap(\.string).map {
            MemberSource(
                try Mirror($0, fileName: file.name), size: nil, isOurs: true, options, stop)
        }
        let mirrors = chosen.mirrors.map { MemberSource($0, size: size, options, stop) }
        var failure: FetchError?
        var isAbsent = false
        for source in ours + mirrors {
            do {
                let archive = try source.file()
                guard let place = try find(member, in: archive, of: file, source.scouts) else {
                    if !source.isOurs { isAbsent = true }
                    continue
                }
                if let map {
                    // Our own first, then who knew the place.
                    let order = ours + mirrors.filter { $0 === source } + mirrors
                    let verified = VerifiedPieces(map, order, path: Path(file.name))
                    guard try isThere(member, place, verified) else {
                        throw FetchError.mirror(
                            .mirrorRefused, source.mirror,
                            "\(member) is not where it said")
                    }
                    return try write(member, place, verified, .pieces, source.mirror)
                }
                let proof = source.isOurs && hasReceipt ? Proof.receipt : .none
                guard proof == .receipt || options.allowsUnverified else { continue }
                return try write(member, place, archive, proof, source.mirror)
            } catch let error as FetchError where error.isOfMirror {
                if !source.isOurs { failure = FetchError.worse(failure, error) }
            }
        }
        if let failure { throw failure }
        if isAbsent || hasReceipt { throw FetchError.noMember(member, in: file) }
        throw chosen.refused.first?.why
            ?? FetchError.noSource(file, swarmIsOff: !options.usesSwarm)
    }

    // MARK: Sources

    private func pieces(of file: ManifestFile) -> PieceMap? {
        if let map = Fetcher(data, options).knownMap(of: file) { return map }
        guard !file.digests.isEmpty, let known = try? data.pieces.load(file.name),
            known.belong(toSize: file.size, digests: file.digests)
        else { return nil }
        return known.map
    }

    /// Our own copy, complete or not. The complete one comes first.
    private func ownCopies(of file: ManifestFile) throws -> [Path] {
        [data.archive(file.name), data.staging(file.name)].filter {
            (try? FileDescriptor($0, .reading)) != nil
        }
    }

    private func isProven(_ path: Path, _ file: ManifestFile) throws -> Bool {
        guard path == data.archive(file.name),
            case .receipt(let receipt) = try data.receipts.load(file.name)
        else { return false }
        let identity = try FileDescriptor(path, .reading).identity()
        return receipt.proves(file) && receipt.holds(for: identity)
    }

    // MARK: The member

    private func find(
        _ member: MemberName, in archive: RemoteFile, of file: ManifestFile, _ scouts: Int
    ) throws -> MemberSearch.Place? {
        let search = MemberSearch(file: archive, scouts: scouts)
        guard let container = member.container else {
            return try search.find(member.name, in: 0..<archive.size)
        }
        let index = Fetcher(data, options).classIndex(of: file)
        let indexed = WNID(bytes: container.bytes.dropLast(4)).flatMap { index[$0] }
        if let indexed, indexed.offset + indexed.size <= archive.size {
            let range = indexed.offset..<indexed.offset + indexed.size
            // It is only a hint.
            if let place = try search.find(member.name, in: range) { return place }
        }
        guard let tar = try search.find(container, in: 0..<archive.size) else { return nil }
        return try search.find(member.name, in: tar.data)
    }

    /// Whether the verified bytes have this member there.
    private func isThere(
        _ member: MemberName, _ place: MemberSearch.Place, _ verified: VerifiedPieces
    ) throws -> Bool {
        guard place.header % 512 == 0 else { return false }
        let isSame = try MemberWalk.first(
            in: verified, place.header..<place.data.upperBound, searching: false
        ) { found in
            found.name.elementsEqual(member.name.bytes) && found.kind == .file && !found.isSparse
                && found.offset == place.data.lowerBound
                && found.size == Int64(place.data.count)
        }
        return isSame == true
    }

    private func write(
        _ member: MemberName, _ place: MemberSearch.Place, _ source: some RandomAccessBytes,
        _ proof: Proof, _ mirror: Mirror
    ) throws -> Fetched {
        let members = try Folder.own(data.path.appending(Self.folderName), creating: true)
        let name = member.path.lastComponent
        let parent = member.path.components.dropLast().reduce(Path("")) {
            $0.bytes.isEmpty ? $1 : $0.appending($1)
        }
        let folder = try members.folder(parent, creating: true)
        let path = members.path.appending(member.path)
        let wasThere = try folder.status(name) != nil
        if wasThere {
            guard try isSame(folder, name, place.data, source) else {
                throw FetchError.foreignMember(path, member)
            }
        } else {
            try folder.publish(name) { file in
                let isWhole = try Self.each(place.data, source) { bytes, offset in
                    try file.write(bytes, at: offset)
                    return true
                }
                if !isWhole {
                    throw FetchError.mirror(.network, mirror, "it stopped too early")
                }
            }
        }
        return Fetched(
            path: path, bytes: Int64(place.data.count), proof: proof, source: mirror.description,
            wasThere: wasThere)
    }

    /// Whether the file of that name has these bytes. A link or a folder has not.
    private func isSame(
        _ folder: borrowing Folder, _ name: Path, _ range: Range<Int64>,
        _ source: some RandomAccessBytes
    ) throws -> Bool {
        guard try folder.status(name)?.kind == .file else { return false }
        let file = try folder.file(name, .readingNoLink)
        guard try file.size() == Int64(range.count) else { return false }
        return try Self.each(range, source) { bytes, offset in
            try file.bytes(upTo: bytes.count, at: offset).elementsEqual(bytes)
        }
    }

    /// Hands over these bytes in parts, until `take` has enough.
    private static func each(
        _ range: Range<Int64>, _ source: some RandomAccessBytes,
        _ take: (UnsafeRawBufferPointer, Int64) throws -> Bool
    ) throws -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(max(range.count, 1), 1 << 20), alignment: 16)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(buffer.count), range.upperBound - offset))
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            guard try source.read(into: room, at: offset) == wanted,
                try take(UnsafeRawBufferPointer(room), offset - range.lowerBound)
            else { return false }
            offset += Int64(wanted)
        }
        return true
    }
}
