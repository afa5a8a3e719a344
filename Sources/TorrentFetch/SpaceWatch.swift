internal import DataFolder
internal import Disk

/// Watches the free space while a file grows whose blocks could not be reserved: what is to stay
/// free must stay so when somebody else writes there too.
struct SpaceWatch {
    private let data: DataFolder
    private let reserve: Int64
    private let clock = ContinuousClock()
    private var next: ContinuousClock.Instant

    private static let pause: Duration = .seconds(1)

    /// nil where less than that is free already: a file that needs no more room goes on there.
    init?(_ data: DataFolder, reserve: Int64) {
        guard let free = try? data.freeSpace().bytes, free >= reserve else { return nil }
        self.data = data
        self.reserve = reserve
        next = clock.now + Self.pause
    }

    mutating func look() throws(FetchError) {
        guard clock.now >= next else { return }
        next = clock.now + Self.pause
        // Space that cannot be asked for is no reason to stop.
        guard let free = try? data.freeSpace().bytes, free < reserve else { return }
        throw .spaceGoes(reserve: reserve, free: free)
    }
}
