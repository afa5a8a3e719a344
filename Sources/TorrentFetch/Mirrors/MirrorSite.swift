/// What a pool knows of one of its mirrors. Lives on the thread of the pool.
final class MirrorSite {
    let index: Int
    let mirror: Mirror
    /// How many connections it gets at most; less after it said that it is busy.
    var connections: Int
    /// The mirror itself; nil for a folder.
    let home: MirrorHop?
    /// Where it is asked next: the last target of its redirects, or it itself.
    var hop: MirrorHop?
    /// The first good answer came: before that, one connection is enough.
    var isKnown = false
    /// It sends the file only whole, so there is one connection.
    var sendsWhole = false
    var validator: Validator?
    /// Servers behind one name that never agree on a validator are not asked for it any more.
    var changes = 0
    /// Failures since the last good piece.
    var failures = 0
    var strikes = 0
    /// The last piece that was wrong.
    var wrongPiece = 0
    var restsUntil: ContinuousClock.Instant?
    var error: FetchError?
    var isDropped = false
    var isBehindProxy = false

    private var addresses: [[UInt8]] = []
    private var addressIsInside: Bool?

    init(_ index: Int, _ mirror: Mirror, _ options: MirrorOptions) {
        self.index = index
        self.mirror = mirror
        connections = options.connections(to: mirror)
        home = MirrorHop(mirror, options.credentials)
        hop = home
    }

    var isLocal: Bool { hop == nil }

    /// Whether it is reached over the open internet, and so must not lead us into our own network.
    /// What cannot be told counts as outside.
    var isOutside: Bool {
        guard let host = mirror.host, !AddressRules.isInside(host: host) else { return false }
        return isBehindProxy || addressIsInside != true
    }

    /// Whether a socket to this address may be opened for a request to `hop`.
    func allows(_ address: UnsafeRawBufferPointer, for hop: MirrorHop) -> Bool {
        let bytes = Array(address)
        if hop.redirects > 0 {
            // A proxy before the mirror stands before its redirects too.
            return !isOutside || !AddressRules.isInside(address) || addresses.contains(bytes)
        }
        addressIsInside = AddressRules.isInside(address)
        if addresses.count < 16, !addresses.contains(bytes) { addresses.append(bytes) }
        return true
    }
}
