import Disk

/// Waits until something is so, a minute at most, and says whether it is. The only place where a test
/// looks again and again at what nobody can wake it for: a file, a port, another process.
public func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try condition() { return true }
        pause(milliseconds: 10)
    }
    return try condition()
}
