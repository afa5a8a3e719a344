public import Archives
public import Disk
internal import Synchronization

/// A file on a mirror, read at any place without the rest: by ranges from a web server, or from a
/// folder.
///
///     let file = try RemoteFile(Mirror("https://mirror.example/x.tar", fileName: "x.tar"))
///     let count = try file.read(into: buffer, at: 512)
///
/// It has one connection, so threads that share it wait for each other. What it reads is only as
/// right as the mirror. A file that changes meanwhile is noticed where the server sends a validator,
/// or another size.
public final class RemoteFile: Sendable {
    private enum Source {
        case web(RangeReader)
        case local(LocalFile)
    }

    public let mirror: Mirror
    public let size: Int64
    private let options: MirrorOptions
    private let patience: Duration
    private let stop: StopCheck
    private let source: Monitor<Source>
    /// What the server said first; nil for a folder.
    private let first: ResponseGate.Answer?
    private let requestCount: Shared<Atomic<Int>>
    private let byteCount: Shared<Atomic<Int64>>

    /// Asks the mirror for the file's first byte, to learn its size.
    ///
    /// - Parameters:
    ///   - size: the right size of the file, if it is known.
    ///   - patience: how long a read goes on when the server is busy or the connection breaks.
    ///   - stop: ends a read that waits.
    /// - Throws: `FetchError` `.network`, `.tls`, `.stalled`, `.mirrorRefused`; the reason to stop.
    public convenience init(
        _ mirror: Mirror, size: Int64? = nil, options: MirrorOptions = MirrorOptions(),
        patience: Duration = FetchOptions().stallTimeout, stop: StopCheck = .never
    ) throws {
        var options = options
        options.lowSpeedTime = min(options.lowSpeedTime, patience)
        options.connectTimeout = min(options.connectTimeout, patience)
        if case .local(let path) = mirror.place {
            let local = try LocalFile(path, mirror, size)
            self.init(mirror, local.size, options, patience, stop, .local(local))
            return
        }
        let reader = try RangeReader(mirror, size, options, stop: stop)
        let requests = Shared(Atomic<Int>(0))
        let found = try Self.patiently(patience, options, stop) { () throws(RangeReader.Failure) in
            requests.value.add(1, ordering: .relaxed)
            return try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
                Result { () throws(RangeReader.Failure) in try reader.ask(0..<1, into: byte) }
            }.get()
        }
        self.init(mirror, found.size, options, patience, stop, .web(reader), first: found, requests)
    }

    private init(
        _ mirror: Mirror, _ size: Int64, _ options: MirrorOptions, _ patience: Duration,
        _ stop: StopCheck, _ source: sending Source, first: ResponseGate.Answer? = nil,
        _ requests: Shared<Atomic<Int>> = Shared(Atomic<Int>(0)),
        _ bytes: Shared<Atomic<Int64>> = Shared(Atomic<Int64>(0))
    ) {
        self.mirror = mirror
        self.size = size
        self.options = options
        self.patience = patience
        self.stop = stop
        self.source = Monitor(source)
        self.first = first
        requestCount = requests
        byteCount = bytes
    }

    /// The requests so far, those of `another()` included.
    public var requests: Int { requestCount.value.load(ordering: .relaxed) }

    /// The bytes read so far, those of `another()` included.
    public var bytes: Int64 { byteCount.value.load(ordering: .relaxed) }

    /// The same file over another connection, which gives up at the first failure. What it costs
    /// counts here too.
    ///
    /// - Parameter stop: ends its reads, besides what ends those of this one.
    public func another(stop own: StopCheck = .never) throws -> RemoteFile {
        let stop = StopCheck { [stop] in own.reason ?? stop.reason }
        let other: Source
        if case .local(let path) = mirror.place {
            other = .local(try LocalFile(path, mirror, size))
        } else {
            let reader = try RangeReader(mirror, nil, options, first: first, stop: stop)
            other = .web(reader)
        }
        return RemoteFile(
            mirror, size, options, .zero, stop, other, first: first, requestCount, byteCount)
    }

    /// Fills the buffer, or what the file has for it, and returns how many bytes that were.
    ///
    /// - Throws: `FetchError` as the initialiser, `.mirrorRefused` also for a file that has changed;
    ///   the reason to stop.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        let count = Int(min(Int64(buffer.count), size - offset))
        guard offset >= 0, count > 0 else { return 0 }
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        try source.update { source in
            switch source {
            case .local(let file):
                try stop()
                try file.read(into: part, at: offset)
            case .web(let reader):
                let range = offset..<offset + Int64(count)
                _ = try Self.patiently(patience, options, stop) {
                    () throws(RangeReader.Failure) in
                    requestCount.value.add(1, ordering: .relaxed)
                    return try reader.ask(range, into: part)
                }
            }
        }
        byteCount.value.add(Int64(count), ordering: .relaxed)
        return count
    }

    /// Tries again what may be mended, for as long as there is patience.
    private static func patiently<Value>(
        _ patience: Duration, _ options: MirrorOptions, _ stop: StopCheck,
        _ attempt: () throws(RangeReader.Failure) -> Value
    ) throws -> Value {
        let clock = ContinuousClock()
        let begin = clock.now
        var failures = 0
        while true {
            try stop()
            do throws(RangeReader.Failure) {
                return try attempt()
            } catch {
                try stop()
                failures += 1
                let usual = options.pause * (1 << min(failures - 1, 6))
                let pause: Duration
                switch error.kind {
                case .final: throw error.error
                case .busy(let seconds): pause = seconds.map { .seconds($0) } ?? usual
                case .broken(let attempts):
                    if failures >= attempts { throw error.error }
                    pause = usual
                }
                guard clock.now - begin + pause < patience else { throw error.error }
                try wait(pause, stop)
            }
        }
    }

    private static func wait(_ pause: Duration, _ stop: StopCheck) throws {
        let clock = ContinuousClock()
        let end = clock.now + pause
        while clock.now < end {
            try stop()
            let left = (end - clock.now) / .milliseconds(1)
            Thread.sleep(milliseconds: Int(min(max(left, 1), 100)))
        }
    }
}

extension RemoteFile: RandomAccessBytes {
    public var path: Path { Path(mirror.description) }
}

/// A copy of the file in a folder.
private final class LocalFile {
    let size: Int64
    private let mirror: Mirror
    private let file: FileDescriptor
    private let identity: FileIdentity

    init(_ path: Path, _ mirror: Mirror, _ wanted: Int64?) throws(FetchError) {
        self.mirror = mirror
        do throws(DiskError) {
            file = try LocalMirror.open(path, mirror.fileName)
            identity = try file.identity()
        } catch {
            throw .mirror(.mirrorRefused, mirror, error.message, hint: error.hint)
        }
        size = identity.size
        if let wanted, wanted != size {
            throw .mirror(.mirrorRefused, mirror, "its file has \(size) bytes, not \(wanted)")
        }
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(FetchError) {
        do throws(DiskError) {
            try file.readFully(buffer, at: offset)
            if try file.identity() == identity { return }
        } catch {
            throw .mirror(.mirrorRefused, mirror, error.message, hint: error.hint)
        }
        throw .mirror(.mirrorRefused, mirror, "its file changed while it was read")
    }
}

extension Mirror {
    /// Asks for the first byte to learn the size of the file, also of a server that can only send
    /// all of it.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter size: the right size of the file, if it is known.
    /// - Throws: `.network`, `.tls`, `.stalled`, `.mirrorRefused`.
    func probe(
        size: Int64? = nil, options: MirrorOptions = MirrorOptions()
    ) throws(FetchError) -> Int64 {
        if case .local(let path) = place { return try LocalFile(path, self, size).size }
        let reader = try RangeReader(self, size, options)
        do {
            return try reader.ask(0..<1).size
        } catch {
            throw error.error
        }
    }
}
