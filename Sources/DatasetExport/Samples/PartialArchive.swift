internal import Archives
public import Checksums
public import DataFolder
public import DatasetManifest
public import Disk

/// An archive of class tars that is not completely downloaded: the classes that are there can be
/// used.
public struct PartialArchive: Sendable, Hashable {
    public let file: PartialFile
    /// The bytes that count.
    public let readable: [Range<Int64>]
    public let index: ClassIndex?
    /// The archive as receipts name it.
    let input: OutputReceipt.Input

    /// - Parameters:
    ///   - verified: the bytes whose pieces are verified; nil if nothing was verified, and then all
    ///     bytes that the journal lists count.
    ///   - digests: those of the whole archive, where the data set knows them.
    ///   - index: where its class tars lie, as a hint.
    public init(
        _ file: PartialFile, verified: [Range<Int64>]?, digests: [Digest], torrent: InfoHash?,
        index: ClassIndex?
    ) {
        self.file = file
        self.index = index
        readable = verified ?? file.journal?.present ?? []
        // Its identity changes with every piece, and means nothing to a receipt of verified bytes.
        input = OutputReceipt.Input(
            name: file.fileName, size: file.size,
            identity: verified == nil ? file.identity : nil,
            digests: verified == nil ? [] : digests, torrent: verified == nil ? nil : torrent)
    }

    public var path: Path { file.path }

    /// Where the class tars lie.
    ///
    /// - Throws: `ExportError` `.badInput` for classes that are not there, or not completely.
    func classTars(_ wanted: [WNID]) throws -> [ClassIndex.Entry] {
        let tars = try ClassTars(wanted, in: path, readable: readable, index: index)
        if !tars.missing.isEmpty {
            throw ExportError.notDownloaded(tars.missing, of: file.fileName)
        }
        return tars.found
    }

    /// Whether all these classes are there.
    public func has(_ classes: ClassSelection) throws -> Bool {
        try ClassTars(classes.wnids, in: path, readable: readable, index: index).missing.isEmpty
    }

    var walk: MemberWalk {
        MemberWalk(readable: ReadableRanges(readable), endsAtDamage: true)
    }
}
