public import Disk

/// The receipts in a state folder, one a file. The folder is created with the first receipt; reading
/// works in read-only places.
public struct ReceiptStore: Sendable {
    public let path: Path

    private static let suffix = ".receipt.json"
    /// The most receipts that are listed: far more than any data set has files.
    private static let countLimit = 100_000

    /// - Parameter path: the folder of the receipts alone.
    public init(_ path: Path) { self.path = path }

    /// Replaces the receipt of a file, and syncs it. A receipt of a newer version is overwritten: the file
    /// has just been proven again.
    public func save(_ receipt: Receipt) throws(DiskError) {
        try DataFolder.creating(inState: path)
            .publish(Self.name(receipt.fileName), receipt.encoded)
    }

    public func load(_ fileName: String) throws(DiskError) -> SealedReading<Receipt> {
        guard let folder = try existing() else { return .none }
        let reading = try Self.read(folder, Self.name(fileName))
        // A receipt that was copied to another name is about another file.
        if case .receipt(let receipt) = reading, receipt.fileName != fileName { return .none }
        return reading
    }

    /// Whether the receipt of a file exists but is damaged.
    public func isDamaged(_ fileName: String) throws(DiskError) -> Bool {
        guard let folder = try existing(), try folder.status(Self.name(fileName)) != nil else {
            return false
        }
        return try load(fileName) == .none
    }

    /// All valid receipts, by file name.
    public func list() throws(DiskError) -> [Receipt] {
        guard let folder = try existing() else { return [] }
        var result: [Receipt] = []
        for entry in try folder.entries().prefix(Self.countLimit)
        where entry.kind == .file && entry.name.hasSuffix(Self.suffix) {
            guard case .receipt(let receipt) = try Self.read(folder, entry.name),
                Self.name(receipt.fileName) == entry.name
            else { continue }
            result.append(receipt)
        }
        return result
    }

    /// Removes the receipt of a file, if there is one.
    public func remove(_ fileName: String) throws(DiskError) {
        guard let folder = try existing() else { return }
        try folder.remove(Self.name(fileName))
    }

    /// Makes the receipt of a file prove nothing; its digests stay.
    public func revoke(_ fileName: String) throws(DiskError) {
        guard case .receipt(let receipt) = try load(fileName) else {
            return try remove(fileName)
        }
        if !receipt.isRevoked { try save(receipt.revoked) }
    }

    /// Whether a file was found damaged since it was proven.
    public func isRevoked(_ fileName: String) -> Bool {
        guard case .receipt(let receipt)? = try? load(fileName) else { return false }
        return receipt.isRevoked
    }

    private func existing() throws(DiskError) -> Folder? { try ifPresent(Folder.own(path)) }

    private static func read(
        _ folder: borrowing Folder, _ name: Path
    ) throws(DiskError) -> SealedReading<Receipt> {
        try folder.contents(ifPresent: name, limit: Receipt.sizeLimit).map(Receipt.read) ?? .none
    }

    private static func name(_ fileName: String) -> Path {
        Path(fileName).appendingSuffix(suffix)
    }
}
