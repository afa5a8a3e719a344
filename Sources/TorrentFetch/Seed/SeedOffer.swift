public import DataFolder
public import DatasetManifest
public import Disk

/// A file that can be given to peers: all of it, or the verified pieces of an unfinished one.
public struct SeedOffer: Sendable {
    public let file: ManifestFile
    public let path: Path
    /// How much of it is given.
    public let bytes: Int64
    public let isWhole: Bool
    let torrent: FoundTorrent
    let pieces: PieceSet
    let data: DataFolder
    let opened: Shared<FileDescriptor>
    let identity: FileIdentity

    fileprivate init(
        _ file: ManifestFile, at path: Path, in data: DataFolder, _ torrent: FoundTorrent,
        _ pieces: PieceSet, _ opened: consuming FileDescriptor
    ) throws(DiskError) {
        self.file = file
        self.path = path
        self.data = data
        self.torrent = torrent
        self.pieces = pieces
        isWhole = pieces.isComplete
        let map = torrent.map
        let short = pieces[map.count - 1] ? map.pieceLength - map.range(of: map.count - 1).count : 0
        bytes = Int64(pieces.members) * Int64(map.pieceLength) - Int64(short)
        identity = try opened.identity()
        self.opened = Shared(opened)
    }
}

/// Gives verified files to peers, several in one session.
///
///     let seeder = Seeder(FetchOptions())
///     let offer = try seeder.offer(file, at: data.archive(file.name), in: data)
///     let result = try seeder.run([offer], ratio: 2) { event in … }
public struct Seeder: Sendable {
    let options: FetchOptions

    public init(_ options: FetchOptions) { self.options = options }

    /// A file as its receipt describes it. It is not read.
    ///
    /// - Throws: `FetchError` `.notVerified` if the receipt does not hold, `.notSeedable` without a
    ///   torrent.
    public func offer(
        _ file: ManifestFile, at path: Path, in data: DataFolder
    ) throws -> SeedOffer {
        guard let opened = try ifPresent(FileDescriptor(path, .reading)) else {
            throw FetchError.seedMissing(file)
        }
        guard case .receipt(let receipt) = try data.receipts.load(file.name) else {
            throw FetchError.unverifiedSeed(file, path)
        }
        if receipt.isRevoked { throw FetchError.damagedSeed(file, path) }
        guard receipt.holds(for: try opened.identity()) else {
            throw FetchError.changedSeed(file, path)
        }
        let (file, torrent) = try torrent(of: file, receipt.torrent, in: data)
        guard receipt.proves(file), torrent.map.size == receipt.identity.size else {
            throw FetchError.unverifiedSeed(file, path)
        }
        return try SeedOffer(file, at: path, in: data, torrent, .all(torrent.map.count), opened)
    }

    /// The verified pieces of an unfinished download.
    public func offer(
        partial file: ManifestFile, at path: Path, in data: DataFolder
    ) throws -> SeedOffer {
        guard let partial = try PartialFile(path, in: data), let journal = partial.journal,
            partial.trust != .changed
        else { throw FetchError.unknownHalf(file) }
        let (file, torrent) = try torrent(of: file, partial.torrent, in: data)
        let map = torrent.map
        // The pieces of another torrent, or a mirror's own.
        guard partial.torrent == torrent.infoHash, map.size == journal.size,
            Int64(map.pieceLength) == journal.pieceLength
        else { throw FetchError.unknownHalf(file) }
        if journal.pieces.isEmpty { throw FetchError.emptyHalf(file) }
        return try SeedOffer(
            file, at: path, in: data, torrent, journal.pieces, FileDescriptor(path, .reading))
    }

    /// - Parameter known: the torrent of the file where the manifest has none.
    private func torrent(
        of file: ManifestFile, _ known: InfoHash?, in data: DataFolder
    ) throws -> (ManifestFile, FoundTorrent) {
        var file = Fetcher(data, options).pinned(file)
        file.torrent = file.torrent ?? known
        let sources = TorrentSources(
            folders: options.torrentFolders, data: data, base: nil, keeps: false)
        guard file.torrent != nil, let found = sources.find(for: file).found,
            let torrent = FoundTorrent(found)
        else { throw FetchError.noSeedTorrent(file) }
        return (file, torrent)
    }
}
