internal import CCurl
internal import Disk
internal import Glibc

/// One connection to a mirror: asks for a run of pieces, fills buffers and hands over each full
/// piece. Lives on the thread of its pool.
final class MirrorConnection {
    /// Why the transfer is paused: curl keeps the bytes meanwhile.
    enum Hold { case none, buffer, rate }

    /// How we ended a request; nil where libcurl did.
    enum Ending {
        case redirected(String)
        case refused(ResponseGate.Refusal)
        case detour(MirrorHop.Detour)
        /// The rest is not wanted: a server without ranges goes on after the last piece, or another
        /// source has taken the rest of the run.
        case satisfied
    }

    let site: MirrorSite
    let transfer: CurlTransfer
    private unowned let work: MirrorWork

    private(set) var isActive = false
    private(set) var hold = Hold.none
    /// The pieces still to come; the first is arriving.
    private(set) var run = 0..<0
    private(set) var hop: MirrorHop?
    private(set) var ending: Ending?
    private(set) var answer: ResponseGate.Answer?
    /// The hop is known from an earlier request.
    private(set) var hopIsOld = false
    /// Bytes a second of the last run.
    private(set) var speed = 0.0
    /// Another connection downloads its last piece too.
    var isDoubled = false
    private var hasCeded = false

    private var request: MirrorRequest?
    private var lines: HeaderLines?
    private var gate: ResponseGate?
    private var buffer: PieceBuffer?
    private var filled = 0
    private var position: Int64 = 0
    /// Bytes before this belong to others.
    private var unwantedEnd: Int64 = 0
    /// After a pause curl delivers again what was taken before it.
    private var repeated = 0
    private var received: Int64 = 0
    /// Bytes that were there already, or that others bring: a server without ranges sends them too.
    private var passedOver: Int64 = 0
    private var started = ContinuousClock.now
    private var progress = ContinuousClock.now

    init(_ site: MirrorSite, _ work: MirrorWork) throws(CurlTransfer.Failure) {
        self.site = site
        self.work = work
        transfer = try CurlTransfer()
        // The default of 16 KiB costs a system call for each. Set once, because libcurl refuses it
        // later: after an unknown host name it still has its buffer.
        try transfer.set(CURLOPT_BUFFERSIZE, 512 << 10)
        // The pool keeps this object while the handle is in use.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try transfer.check(ccurl_set_write(transfer.easy, Self.takeBody, context))
        try transfer.check(ccurl_set_header_taker(transfer.easy, Self.takeLine, context))
        try transfer.check(ccurl_set_socket_opener(transfer.easy, Self.openSocket, context))
    }

    /// Sets up the request for `pieces` at `hop`; the caller adds the transfer.
    func start(_ pieces: Range<Int>, at hop: MirrorHop, isOld: Bool) throws(CurlTransfer.Failure) {
        let file = work.file
        let first = Int64(pieces.lowerBound) * Int64(file.pieceLength)
        let end = min(Int64(pieces.upperBound) * Int64(file.pieceLength), file.size)
        let request = MirrorRequest(hop: hop, range: first..<end, validator: site.validator)
        run = pieces
        self.hop = hop
        hopIsOld = isOld
        self.request = request
        gate = ResponseGate(
            ResponseGate.Request(
                range: first..<end, size: file.size, validator: site.validator,
                account: site.mirror.account, needsValidator: work.pool.origin?.isProvable == false,
                now: Int64(time(nil))))
        answer = nil
        ending = nil
        hold = .none
        position = first
        unwantedEnd = first
        (filled, repeated, received, passedOver) = (0, 0, 0, 0)
        progress = .now
        (isDoubled, hasCeded) = (false, false)
        started = .now
        isActive = true
        lines = try request.prepare(transfer, for: site.mirror, work.options)
    }

    /// Ends the request and returns the pieces that did not come.
    func stop() -> Range<Int> {
        isActive = false
        lines = nil
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        if received > 1 << 20, seconds > 0 { speed = Double(received) / seconds }
        if filled > 0 { work.waste(filled, .cut, site) }
        buffer = nil
        filled = 0
        defer { run = run.upperBound..<run.upperBound }
        return run
    }

    /// Resumes the transfer. Bytes that were kept back come at once.
    func resume() {
        hold = .none
        curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    }

    /// How long the rest of its run will take at this speed; nil while that is unknown.
    func remaining(_ now: ContinuousClock.Instant) -> Duration? {
        let passed = now - started
        guard isActive, hold == .none, !run.isEmpty, passed > work.options.patience / 2 else {
            return nil
        }
        let end = min(Int64(run.upperBound) * Int64(work.file.pieceLength), work.file.size)
        let share = Double(end - position) / Double(max(received, 1))
        // A silent connection will not be as fast as before.
        return max(passed * min(share, 1e6), now - progress)
    }

    /// Whether the whole file came and none of it was of use.
    var wasInVain: Bool { answer?.isWhole == true && passedOver == received }

    /// Gives the second half of the missing pieces to another connection.
    func cede() -> Range<Int>? {
        guard isActive, run.count > 1 else { return nil }
        let middle = run.upperBound - run.count / 2
        defer { run = run.lowerBound..<middle }
        hasCeded = true
        return middle..<run.upperBound
    }

    var validator: Validator? { request?.validator }

    // MARK: What curl calls

    private static let takeBody: ccurl_write = { bytes, size, count, context in
        guard let context, let bytes else { return 0 }
        let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let connection = Unmanaged<MirrorConnection>.fromOpaque(context).takeUnretainedValue()
        return connection.take(part)
    }

    private static let takeLine: ccurl_write = { bytes, size, count, context in
        guard let context, let bytes else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        let connection = Unmanaged<MirrorConnection>.fromOpaque(context).takeUnretainedValue()
        return connection.take(line: line) ? line.count : 0
    }

    private static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let context, let address else { return -1 }
        let connection = Unmanaged<MirrorConnection>.fromOpaque(context).takeUnretainedValue()
        let bytes = addressToOpen(address)
        guard connection.mayConnect(to: bytes) else { return -1 }
        return TorrentFetch.openSocket(address.pointee)
    }

    private func mayConnect(to address: UnsafeRawBufferPointer) -> Bool {
        guard let hop else { return false }
        if site.allows(address, for: hop) { return true }
        ending = .detour(.inside(hop.parts.host))
        return false
    }

    private func take(line: UnsafeRawBufferPointer) -> Bool {
        guard ending == nil, let step = gate?.take(line) else { return false }
        switch step {
        case .more: return true
        case .redirected(let location):
            noteOrigin()
            ending = .redirected(location)
        case .refused(let refusal): ending = .refused(refusal)
        case .accepted(let answer):
            self.answer = answer
            noteOrigin()
            work.accepted(self, answer)
            if answer.isWhole, position > 0 { beginWithFirstByte() }
            return true
        }
        return false
    }

    /// A server without ranges first sends what is there already.
    private func beginWithFirstByte() {
        work.giveBack(run, site)
        run = 0..<0
        position = 0
        unwantedEnd = 0
    }

    private func noteOrigin() {
        guard let request, request.hop.redirects == 0 else { return }
        site.isBehindProxy = request.isProxied(transfer, work.options)
    }

    /// Takes as much as there is room for, and all of it in the end. Returns how much, for curl.
    private func take(_ part: UnsafeRawBufferPointer) -> Int {
        guard answer != nil, ending == nil else { return 0 }
        var taken = min(repeated, part.count)
        repeated -= taken
        while taken < part.count {
            let hold: Hold = work.mayReceive ? makeRoom() : .rate
            if ending != nil { return 0 }
            if hold != .none {
                self.hold = hold
                repeated += taken
                return Int(CURL_WRITEFUNC_PAUSE)
            }
            let rest = UnsafeRawBufferPointer(rebasing: part[taken...])
            let count = position < unwantedEnd ? passOver(rest) : fill(rest)
            if ending != nil { return 0 }
            taken += count
            position += Int64(count)
            received += Int64(count)
            progress = .now
            work.received(count, site)
            if filled > 0, filled == work.file.length(of: run.lowerBound) { handOver() }
        }
        return part.count
    }

    private func makeRoom() -> Hold {
        if buffer != nil || position < unwantedEnd { return .none }
        if run.isEmpty {
            if hasCeded {
                ending = .satisfied
                return .none
            }
            guard answer?.isWhole == true else {
                let reason = "it sent more than requested"
                ending = .refused(ResponseGate.Refusal(kind: .wrong, reason: reason))
                return .none
            }
            if !extend() { return .buffer }
            if ending != nil || position < unwantedEnd { return .none }
        }
        buffer = work.takeBuffer()
        return buffer == nil ? .buffer : .none
    }

    /// Skips pieces of a server without ranges that are there or that others bring.
    ///
    /// - Returns: false where the next piece must not come yet.
    private func extend() -> Bool {
        let file = work.file
        let piece = Int(position / Int64(file.pieceLength))
        if work.source.isFinished {
            ending = .satisfied
        } else if let pieces = work.source.takeRun(
            for: site.index, from: piece, bytes: work.options.runBytes.lowerBound)
        {
            run = pieces
        } else if work.source.isTooFarAhead(piece) {
            return false
        } else {
            unwantedEnd = position + Int64(file.length(of: piece))
        }
        return true
    }

    private func passOver(_ part: UnsafeRawBufferPointer) -> Int {
        let count = Int(min(Int64(part.count), unwantedEnd - position))
        let bytes = UnsafeRawBufferPointer(rebasing: part[..<count])
        do throws(DiskError) {
            // Without a piece map the rest must be of the same file as what is there.
            if work.file.map == nil, try !work.file.agrees(bytes, at: position) {
                ending = .refused(
                    ResponseGate.Refusal(
                        kind: .changed,
                        reason: "its file is not the one that the first part came from"))
                return 0
            }
        } catch {
            work.diskError = work.diskError ?? error
            ending = .satisfied
            return 0
        }
        passedOver += Int64(count)
        work.waste(count, .duplicate, site)
        work.passedOver(count, site)
        return count
    }

    private func fill(_ part: UnsafeRawBufferPointer) -> Int {
        guard let buffer else { return 0 }
        let count = min(part.count, work.file.length(of: run.lowerBound) - filled)
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled..<filled + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[..<count]))
        filled += count
        return count
    }

    private func handOver() {
        guard let buffer else { return }
        let piece = run.lowerBound
        run = piece + 1..<run.upperBound
        self.buffer = nil
        filled = 0
        work.submit(piece, buffer, site)
    }
}
