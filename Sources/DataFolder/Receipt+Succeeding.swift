public import Checksums
public import Disk

// Two proofs of one file, by the digests of different lists: what the later one may say of both.
extension Receipt {
    /// Digests of which one shows that untouched bytes are the same: the cheapest first.
    private static let byCost: [DigestAlgorithm] = [.xxh64, .sha1, .sha256, .md5]

    /// What a later proof has to compute beside its own digests, so that `succeeding(_:)` can tell
    /// whether it is of the same bytes: all that the first use has pinned, and of a file that nobody
    /// has touched one digest of those that it has, because disks rot.
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

    /// This proof, with what an earlier one of the same bytes says besides.
    ///
    /// - Returns: nil where the earlier one has to stay: what it says is all that pins the file, and
    ///   these bytes were not shown to be those.
    func succeeding(_ earlier: Receipt) -> Receipt? {
        let shared = earlier.digests.filter { old in
            digests.contains { $0.algorithm == old.algorithm }
        }
        let isUntouched = earlier.holds(for: identity)
        // Where only pieces were looked at, it is the identity that speaks.
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
    /// Writes a proof down, together with what an earlier one of the same bytes says.
    ///
    /// - Returns: false where an earlier one had to stay, see `Receipt.succeeding(_:)`. It vouches
    ///   for nothing then.
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
