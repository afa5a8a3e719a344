public import Checksums
public import Disk

// Two proofs of one file, by digests of different lists, become one receipt.
extension Receipt {
    /// One of these shows that untouched bytes are the same: the cheapest first.
    private static let byCost: [DigestAlgorithm] = [.xxh64, .sha1, .sha256, .md5]

    /// The digests that a later proof has to compute in addition, so that `succeeding(_:)` can tell
    /// whether it is about the same bytes: all that the first use has pinned, or one digest of an
    /// untouched file, because disks rot.
    public func witnesses(
        for identity: FileIdentity, beside algorithms: [DigestAlgorithm]
    ) -> [DigestAlgorithm] {
        let own = digests.map(\.algorithm)
        if proof == .firstUse { return own.filter { !algorithms.contains($0) } }
        guard holds(for: identity), !own.contains(where: algorithms.contains),
            let witness = Self.byCost.first(where: own.contains)
        else { return [] }
        return [witness]
    }

    /// This proof, with the digests of an earlier proof of the same bytes.
    ///
    /// - Returns: nil if the earlier one has to stay: it alone pins the file, and these bytes were not
    ///   shown to be the same.
    func succeeding(_ earlier: Receipt) -> Receipt? {
        let shared = earlier.digests.filter { old in
            digests.contains { $0.algorithm == old.algorithm }
        }
        let isUntouched = earlier.holds(for: identity)
        // If only pieces were read, the identity decides.
        let isSame = digests.isEmpty ? isUntouched : shared.allSatisfy(digests.contains)
        var receipt = self
        if earlier.proof == .firstUse {
            guard isSame, digests.isEmpty || shared == earlier.digests else { return nil }
            receipt.proof = .firstUse
        }
        guard isUntouched, isSame, digests.isEmpty || !shared.isEmpty else { return receipt }
        receipt.digests = (digests + earlier.digests.filter { !shared.contains($0) })
            .sorted { $0.algorithm < $1.algorithm }
        receipt.torrent = torrent ?? earlier.torrent
        return receipt
    }
}

extension ReceiptStore {
    /// Records a proof, with the digests of an earlier proof of the same bytes.
    ///
    /// - Returns: false if an earlier one had to stay, see `Receipt.succeeding(_:)`; it is revoked.
    public func join(_ receipt: Receipt) throws(DiskError) -> Bool {
        guard case .receipt(let earlier) = try load(receipt.fileName) else {
            try save(receipt)
            return true
        }
        guard let joined = receipt.succeeding(earlier) else {
            try revoke(receipt.fileName)
            return false
        }
        try save(joined)
        return true
    }
}
