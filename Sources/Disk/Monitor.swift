internal import Glibc

/// A value that threads share under a lock and can wait on. `Mutex` of the standard library cannot
/// wait, and thread sanitizers do not see its locking; this is a mutex with a condition variable
/// (`pthread_cond_wait(3)`).
// @unchecked: `value` is touched only while `mutex` is held, which no compiler can see.
public final class Monitor<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        // Waiting with an end must not depend on somebody setting the clock.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` alone with the value, then wakes all who wait for it to change.
    public func update<R, Fault: Error>(
        _ body: (inout Value) throws(Fault) -> R
    ) throws(Fault) -> R {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// Runs `body` alone with the value and wakes nobody: for frequent reads.
    public func read<R, Fault: Error>(
        _ body: (Value) throws(Fault) -> R
    ) throws(Fault) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(value)
    }

    /// Waits until `body` gives a result. It runs alone with the value, now and after each change.
    public func wait<R>(_ body: (inout Value) throws -> R?) rethrows -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&value) {
                pthread_cond_broadcast(changed)
                return result
            }
            pthread_cond_wait(changed, mutex)
        }
    }

    /// Waits as `wait(_:)` does, but no longer than this; nil when there was no result by then.
    public func wait<R>(
        atMost duration: Duration, _ body: (inout Value) throws -> R?
    ) rethrows -> R? {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let (seconds, attoseconds) = duration.components
        let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
        // A year is as good as for ever, and does not overflow.
        end.tv_sec += Int(min(max(seconds, 0), 31_536_000)) + nanoseconds / 1_000_000_000
        end.tv_nsec = max(nanoseconds % 1_000_000_000, 0)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var isOver = false
        while true {
            if let result = try body(&value) {
                pthread_cond_broadcast(changed)
                return result
            }
            if isOver { return nil }
            isOver = pthread_cond_timedwait(changed, mutex, &end) == ETIMEDOUT
        }
    }
}
