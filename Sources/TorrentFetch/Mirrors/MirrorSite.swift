/// What a pool knows of one of its mirrors. Lives on the thread of the pool.
final class MirrorSite {
    let index: Int
    let mirror: Mirror
    /// Most connections to it; fewer after it said that it is busy.
    var connections: Int
    /// The mirror itself; nil for a folder.
    let home: MirrorHop?
    /// Where to ask next: the last target of its redirects, or the mirror itself.
    var hop: MirrorHop?
    /// A good answer has come; before that, one connection is enough.
    var isKnown = false
    /// It sends only the whole file, so it gets one connection.
    var sendsWhole = false
    var validator: Validator?
    /// Servers behind one name that never agree on a validator are not asked for it any more.
    var changes = 0
    /// Failures since the last good piece.
    var failures = 0
    var strikes = 0
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

    /// Whether it is on the open internet, and so must not lead us into our own network. Unknown
    /// counts as outside.
    var isOutside: Bool {
        guard let host = mirror.host, !AddressRules.isInside(host: host) else { return false }
        return isBehindProxy || addressIsInside != true
    }

    /// Whether a socket to this address may be opened for a request to `hop`.
    func allows(_ address: UnsafeRawBufferPointer, for hop: MirrorHop) -> Bool {
        let bytes = Array(address)
        if hop.redirects > 0 {
            // A proxy of the mirror is one of its redirects too.
            return !isOutside || !AddressRules.isInside(address) || addresses.contains(bytes)
        }
        addressIsInside = AddressRules.isInside(address)
        if addresses.count < 16, !addresses.contains(bytes) { addresses.append(bytes) }
        return true
    }
}
