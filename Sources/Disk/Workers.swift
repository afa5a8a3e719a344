internal import CLinux
internal import Glibc
internal import Synchronization

/// Blocking work on dedicated threads, never on Swift's cooperative pool.
public enum Workers {
    /// The processors that this process may run on (`sched_getaffinity(2)`): cgroups and `taskset`
    /// limit them.
    public static let processors: Int = {
        var set = cpu_set_t()
        guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return 1 }
        let count = withUnsafeBytes(of: set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        return max(count, 1)
    }()

    /// Calls `body` once for each of `0..<count`, on up to `threads` threads, the calling one among
    /// them. The first error stops the rest and is thrown when all have ended.
    public static func forEach(
        _ count: Int, threads: Int = processors, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let taken = Shared(Atomic<Int>(0))
        let failure = Monitor<(any Error)?>(nil)
        @Sendable func run() {
            while true {
                let index = taken.value.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                do {
                    try body(index)
                } catch {
                    failure.update { $0 = $0 ?? error }
                    taken.value.store(count, ordering: .relaxed)
                }
            }
        }
        let others = (1..<max(1, min(threads, count))).map { _ in Thread(run) }
        run()
        for thread in others { thread.join() }
        if let error = failure.read({ $0 }) { throw error }
    }

    /// Makes a value for each of `0..<count` on `threads` threads and hands them to `consume` on the
    /// calling thread, in order. At most `window` values are made and not yet consumed.
    public static func inOrder<Value: Sendable>(
        _ count: Int, threads: Int = processors, window: Int,
        produce: @escaping @Sendable (Int) throws -> Value, consume: (Int, Value) throws -> Void
    ) throws {
        let lane = Monitor(Lane<Value>())
        @Sendable func run() {
            while true {
                let index: Int? = lane.wait { lane in
                    if lane.stopped || lane.taken == count { return .some(nil) }
                    guard lane.taken < lane.consumed + window else { return nil }
                    lane.taken += 1
                    return lane.taken - 1
                }
                guard let index else { return }
                let result = Result { try produce(index) }
                lane.update { $0.ready[index] = result }
            }
        }
        let producers = (0..<max(1, min(threads, count))).map { _ in Thread(run) }
        defer {
            lane.update { $0.stopped = true }
            for thread in producers { thread.join() }
        }
        for index in 0..<count {
            let result = lane.wait { $0.ready.removeValue(forKey: index) }
            try consume(index, try result.get())
            lane.update { $0.consumed += 1 }
        }
    }

    /// Hands values that are made one after another, on the calling thread, to `threads` others, each
    /// to one of them. At most `window` values are made and not yet taken. The first error of either
    /// side stops both and is thrown when all have ended.
    public static func feed<Value: Sendable>(
        threads: Int = processors, window: Int, make: () throws -> Value?,
        use: @escaping @Sendable (Int, Value) throws -> Void
    ) throws {
        let trough = Monitor(Trough<Value>())
        @Sendable func run() {
            while true {
                let next: (index: Int, value: Value)? = trough.wait { trough in
                    if let value = trough.waiting.popFirst() {
                        trough.taken += 1
                        return .some((trough.taken - 1, value))
                    }
                    return trough.isEnded ? .some(nil) : nil
                }
                guard let next else { return }
                do { try use(next.index, next.value) } catch { trough.update { $0.end(error) } }
            }
        }
        let users = (0..<max(1, threads)).map { _ in Thread(run) }
        do {
            while let value = try make() {
                let goesOn = trough.wait { trough in
                    if trough.isEnded { return false }
                    guard trough.waiting.count < window else { return nil }
                    trough.waiting.append(value)
                    return true
                }
                if !goesOn { break }
            }
            trough.update { $0.isEnded = true }
        } catch {
            trough.update { $0.end(error) }
        }
        for thread in users { thread.join() }
        if let error = trough.read({ $0.error }) { throw error }
    }

    private struct Trough<Value> {
        /// In the order in which they were made; few.
        var waiting: ArraySlice<Value> = []
        var taken = 0
        var isEnded = false
        var error: (any Error)?

        mutating func end(_ error: any Error) {
            self.error = self.error ?? error
            waiting = []
            isEnded = true
        }
    }

    private struct Lane<Value> {
        var taken = 0
        var consumed = 0
        var stopped = false
        var ready: [Int: Result<Value, any Error>] = [:]
    }
}

/// One thread that runs one closure (`pthread_create(3)`).
public struct Thread: Sendable {
    private let id: pthread_t
    private let isJoined = Shared(Atomic<Bool>(false))

    /// Ends the process where no thread can be started: waiting for its work would never end, and
    /// whatever is on the disk can be resumed, as after a power loss.
    public static let whenRefused = Monitor<@Sendable (DiskError) -> Never>(
        { fatalError($0.message) })

    public init(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Shared(body))
        var id = pthread_t()
        let result = pthread_create(
            &id, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Shared<@Sendable () -> Void>>.fromOpaque(context).takeRetainedValue()
                    .value()
                return nil
            }, work.toOpaque())
        guard result == 0 else { Self.whenRefused.read { $0 }(.noThread(errno: result)) }
        self.id = id
    }

    /// Lets the calling thread rest (`nanosleep(2)`).
    public static func sleep(milliseconds: Int) {
        let wanted = timespec(
            tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var (asked, left) = (wanted, wanted)
        while nanosleep(&asked, &left) != 0, errno == EINTR { asked = left }
    }

    /// Waits for the closure to return.
    public func join() {
        guard !isJoined.value.exchange(true, ordering: .relaxed) else { return }
        pthread_join(id, nil)
    }
}
