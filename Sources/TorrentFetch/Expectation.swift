internal import Checksums
internal import DataFolder
internal import DatasetManifest
internal import Disk

/// What a whole file must be. Nothing else decides when a file counts as verified, and by what.
struct Expectation: Sendable {
    let name: String
    let size: Int64
    let pieceLength: Int
    /// What the pieces must hash to; nil where no piece hashes are known.
    var map: PieceMap?
    /// The digests to compute. They include those that the file must have.
    var algorithms: [DigestAlgorithm]
    /// The digests that the file must have. Empty where only its pieces, or nothing, pins it.
    var digests: [Digest] = []
    /// False where `digests` are those of the file's first use.
    var isPinned = true
    /// The torrent whose pieces are checked; nil where there is none.
    var torrent: InfoHash?

    var pieceCount: Int { size > 0 ? Int((size - 1) / Int64(pieceLength)) + 1 : 0 }

    func length(of piece: Int) -> Int {
        Int(min(Int64(pieceLength), size - Int64(piece) * Int64(pieceLength)))
    }

    func range(of piece: Int) -> Range<Int64> {
        let start = Int64(piece) * Int64(pieceLength)
        return start..<start + Int64(length(of: piece))
    }

    /// The bytes of a run of pieces, one at least.
    func range(ofPieces pieces: Range<Int>) -> Range<Int64> {
        range(of: pieces.lowerBound).lowerBound..<range(of: pieces.upperBound - 1).upperBound
    }

    func isRight(_ piece: Int, _ sha1: Digest) -> Bool {
        map.map { sha1.bytes.elementsEqual($0.hash(at: piece)) } ?? true
    }

    /// Whether these are the digests of the right file, or nothing says otherwise.
    func isMet(by actual: [Digest]) -> Bool { digests.allSatisfy(actual.contains) }

    /// Whether anything can tell the right file from another.
    var isProvable: Bool { map != nil || !digests.isEmpty }

    /// What a receipt says of a file that met this.
    var proof: Receipt.Proof {
        if !isPinned { return .firstUse }
        return !digests.isEmpty ? .digests : map != nil ? .pieces : .firstUse
    }

    func mismatch(_ actual: [Digest]) -> FetchError {
        .mismatch(name, expected: digests, actual: actual, isPinned: isPinned)
    }
}

extension Expectation {
    /// - Parameter digests: what the manifest says, or what the file's first use was.
    init(_ file: ManifestFile, size: Int64, digests: [Digest], torrent: FoundTorrent?) {
        self.init(
            name: file.name, size: size,
            pieceLength: torrent?.map.pieceLength ?? ProvenPieces.pieceLength(forSize: size),
            map: torrent?.map,
            algorithms: digests.isEmpty ? file.algorithms : digests.map(\.algorithm),
            digests: digests, isPinned: file.isPinned, torrent: torrent?.infoHash)
    }
}
