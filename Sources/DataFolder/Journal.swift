public import Checksums
public import Disk

/// What is known of a file that is being fetched: which pieces are there, and the digests of its
/// beginning.
///
/// It is text, so that an admin can read it.
public struct Journal: Hashable, Sendable {
    public var fileName: String
    public var size: Int64
    public var pieceLength: Int64
    public var pieces: PieceSet
    /// What the pieces were checked against: the torrent's infohash, or the only mirror that gave
    /// them and the validator of its file. Pieces of another file mean nothing.
    public var pin: String
    /// The staging file as it was when this was written.
    public var identity: FileIdentity
    /// True when the file was closed and not written after this: then all of `identity` must hold.
    public var isClean: Bool
    /// The digests of `0..<frontier`.
    public var frontier: Int64
    public var states: [DigestAlgorithm: [UInt8]]
    public var stateFormat: String

    public init(
        fileName: String, size: Int64, pieceLength: Int64, pieces: PieceSet, pin: String,
        identity: FileIdentity, isClean: Bool, frontier: Int64,
        states: [DigestAlgorithm: [UInt8]], stateFormat: String = Hasher.stateFormat
    ) {
        self.fileName = fileName
        self.size = size
        self.pieceLength = pieceLength
        self.pieces = pieces
        self.pin = pin
        self.identity = identity
        self.isClean = isClean
        self.frontier = frontier
        self.states = states
        self.stateFormat = stateFormat
    }

    /// The digests so far, if this machine's libraries can resume them.
    public var hashes: HashFan? {
        stateFormat == Hasher.stateFormat ? HashFan(restoring: states) : nil
    }
}

// MARK: As text

extension Journal {
    private static let heading = "imagenet-fetch journal 1"

    /// - Parameter boot: stamps a journal that was written without a sync, which is true only
    ///   until the machine stops.
    public func encoded(boot: String?) -> [UInt8] {
        var lines = [
            Self.heading,
            "file \(fileName)",
            "size \(size)",
            "piece-length \(pieceLength)",
            "pin \(pin)",
            "identity \(Self.text(identity))",
            "clean \(isClean ? "yes" : "no")",
            "boot \(boot ?? "-")",
            "frontier \(frontier)",
            "state-format \(stateFormat)",
        ]
        for (algorithm, state) in states.sorted(by: { $0.key < $1.key }) {
            lines.append("state \(algorithm.rawValue) \(hexText(state))")
        }
        lines.append("pieces \(pieces.hex)")
        return SealedLines.seal(lines)
    }

    /// Reads what `encoded` wrote; nil for anything else.
    ///
    /// - Returns: the journal and the boot that it is stamped with.
    public static func decode(_ bytes: [UInt8]) -> (journal: Journal, boot: String?)? {
        guard let lines = SealedLines(bytes, heading: heading),
            let name = lines["file"], let pin = lines["pin"],
            let size = lines.number("size"), size >= 0,
            let length = lines.number("piece-length"), length > 0,
            let identity = lines["identity"].flatMap(identity(from:)),
            let frontier = lines.number("frontier"), 0...size ~= frontier,
            let format = lines["state-format"], let hex = lines["pieces"],
            let pieces = PieceSet(count: Int(size / length + (size % length > 0 ? 1 : 0)), hex: hex)
        else { return nil }
        var states: [DigestAlgorithm: [UInt8]] = [:]
        for value in lines.all("state") {
            let parts = value.split(separator: " ")
            guard parts.count == 2, let algorithm = DigestAlgorithm(rawValue: String(parts[0])),
                let state = Checksums.bytes(fromHex: parts[1])
            else { return nil }
            states[algorithm] = state
        }
        let journal = Journal(
            fileName: String(name), size: size, pieceLength: length, pieces: pieces,
            pin: String(pin), identity: identity, isClean: lines["clean"] == "yes",
            frontier: frontier, states: states, stateFormat: String(format))
        let boot = lines["boot"] ?? "-"
        return (journal, boot == "-" ? nil : String(boot))
    }

    private static func text(_ identity: FileIdentity) -> String {
        "\(identity.fileSystem) \(identity.inode) \(identity.size) \(identity.modified) "
            + "\(identity.changed)"
    }

    private static func identity(from text: Substring) -> FileIdentity? {
        let words = text.split(separator: " ")
        guard words.count == 5, let fileSystem = UInt64(words[0]), let inode = UInt64(words[1]),
            let size = Int64(words[2]), let modified = Timestamp(words[3]),
            let changed = Timestamp(words[4])
        else { return nil }
        return FileIdentity(
            fileSystem: fileSystem, inode: inode, size: size, modified: modified, changed: changed)
    }
}
