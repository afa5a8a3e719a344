internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// What is recorded of a proof, and revoked when a file is damaged.
extension FileProof {
    func record(_ findings: ReadFindings, _ result: inout Verification) {
        guard target.isRecorded else {
            result.notes.append("no receipt is left in a published folder")
            return
        }
        do throws(DiskError) {
            if result.status == .ok {
                try remember(findings, &result)
            } else {
                try revoke()
            }
        } catch {
            result.notes.append("this result could not be recorded: \(error.message)")
        }
    }

    private func remember(
        _ findings: ReadFindings, _ result: inout Verification
    ) throws(DiskError) {
        let isTorrentRight: Bool
        if case .torrent(let map) = pieces {
            isTorrentRight = Damage.ranges(of: findings.pieceHashes, against: map).isEmpty
        } else {
            isTorrentRight = false
        }
        let digests = findings.digests
        // Pieces alone are enough only if nothing else pins the file.
        if order.algorithms.isEmpty, !target.file.digests.isEmpty || !isTorrentRight { return }
        let isSame = target.receipt.map { receipt in
            receipt.holds(for: before) && digests.isEmpty
                || receipt.identity.size == before.size
                    && receipt.digests.contains(where: digests.contains)
        }
        let proof: Receipt.Proof =
            switch result.proof {
            case .pieces: .pieces
            case .firstUse: .firstUse
            case .digests, .receipt, nil: .digests
            }
        let isKept = try target.data.receipts.join(
            Receipt(
                fileName: target.file.name, digests: digests,
                torrent: isTorrentRight ? target.file.torrent : nil, identity: before,
                when: verifier.options.now(), proof: proof,
                sources: isSame == true
                    ? target.receipt?.sources ?? [:] : ["existing": before.size]))
        guard isKept else {
            result.notes.append(
                "it differs from its first use, whose digest stays on record; if that was "
                    + "wrong, remove its receipt in \(target.data.receipts.path)")
            return
        }
        try rememberPieces(findings, digests)
    }

    /// Writes the map of a file that has none, or one that its own digests have refuted.
    private func rememberPieces(
        _ findings: ReadFindings, _ digests: [Digest]
    ) throws(DiskError) {
        guard let length = order.pieceLength, !digests.isEmpty,
            let made = try? PieceMap(
                pieceLength: length, size: before.size, hashes: findings.pieceHashes)
        else { return }
        switch pieces {
        case .torrent: return
        case .own(let map) where map == made: return
        case .own, .none:
            var known = digests
            // The same pieces are the same bytes, by whatever digests they were proven before.
            if let old = try? target.data.pieces.load(target.file.name), old.map == made {
                known += old.digests.filter { !known.contains($0) }
            }
            try target.data.pieces.save(
                ProvenPieces(fileName: target.file.name, digests: known, map: made))
        }
    }

    /// A file that rots keeps its identity: its receipt must not vouch for it any more.
    private func revoke() throws(DiskError) {
        guard let receipt = target.receipt, !receipt.isRevoked else { return }
        try target.data.receipts.save(receipt.revoked)
    }
}
