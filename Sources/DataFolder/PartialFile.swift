public import DatasetManifest
public import Disk

/// A file that is still being downloaded, and which of its bytes are verified.
public struct PartialFile: Sendable, Hashable {
    /// How much the journal's list of pieces is worth.
    public enum Trust: Sendable, Hashable {
        /// The file was closed after the journal was written, and is unchanged since.
        case proven
        /// A run is writing the file, or was killed. The pieces were verified, but the file's times
        /// cannot show whether another program has changed it since.
        case growing
        /// The file was changed since, or nothing is known of it.
        case changed
    }

    public let path: Path
    /// Without `.part`.
    public let fileName: String
    public let identity: FileIdentity
    /// Nil if there is none that can be believed.
    public let journal: Journal?
    public let trust: Trust

    /// - Parameter data: has the journal.
    /// - Returns: nil unless there is a file of this name, which ends in `.part`.
    /// - Throws: `DiskError` if the file cannot be read.
    public init?(_ path: Path, in data: DataFolder) throws(DiskError) {
        let suffix = DataFolder.stagingName("").description
        guard path.hasSuffix(suffix),
            let name = path.lastComponent.string?.dropLast(suffix.count), !name.isEmpty
        else { return nil }
        do throws(DiskError) {
            // The file is examined before the journal is read, so it holds all that the journal lists.
            identity = try FileDescriptor(path, .reading).identity()
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        self.path = path
        fileName = String(name)
        journal = try data.journal(of: fileName)
        trust = journal.map { [identity] in Self.trust($0, identity) } ?? .changed
    }

    /// A running download changes the times, so they count only after its end.
    private static func trust(_ journal: Journal, _ identity: FileIdentity) -> Trust {
        if journal.isClean { return journal.identity == identity ? .proven : .changed }
        let isSame =
            journal.identity.isSameFile(as: identity) && journal.identity.size == identity.size
        return isSame ? .growing : .changed
    }

    /// The bytes of the whole file.
    public var size: Int64 { journal?.size ?? identity.size }

    /// The torrent that the pieces belong to; nil if only a mirror gave them.
    public var torrent: InfoHash? { journal.flatMap { InfoHash(hex: $0.pin) } }

    /// The bytes that the journal lists, in order; none if the file was changed since.
    public var verified: [Range<Int64>] { trust == .changed ? [] : journal?.present ?? [] }
}

extension Journal {
    /// The bytes of the pieces that are there, in order; none touches the next.
    public var present: [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var start = pieces.firstPresent()
        while start < pieces.count {
            let end = pieces.firstMissing(from: start)
            let last = end == pieces.count ? size : Int64(end) * pieceLength
            ranges.append(Int64(start) * pieceLength..<last)
            start = pieces.firstPresent(from: end)
        }
        return ranges
    }
}
