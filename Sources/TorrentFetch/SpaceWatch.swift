internal import DataFolder
internal import Disk

/// Watches the free space while a file grows whose blocks are not reserved.
struct SpaceWatch {
    private let data: DataFolder
    private let reserve: Int64
    private let clock = ContinuousClock()
    private var next: ContinuousClock.Instant

    private static let pause: Duration = .seconds(1)

    /// nil where less is free already: a file that needs no more space may go on there.
    init?(_ data: DataFolder, reserve: Int64) {
        guard let free = try? data.freeSpace().bytes, free >= reserve else { return nil }
        self.data = data
        self.reserve = reserve
        next = clock.now + Self.pause
    }

    mutating func look() throws(FetchError) {
        guard clock.now >= next else { return }
        next = clock.now + Self.pause
        guard let free = try? data.freeSpace().bytes, free < reserve else { return }
        throw .spaceGoes(reserve: reserve, free: free)
    }
}
