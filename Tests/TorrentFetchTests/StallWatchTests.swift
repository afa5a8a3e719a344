import Testing

@testable import TorrentFetch

@Suite struct StallWatchTests {
    private let start = ContinuousClock.now

    private func watch(proven: Int = 0, room: Int64 = 100_000, floor: Int64 = 1) -> StallWatch {
        StallWatch(proven: proven, room: room, floor: floor, now: start)
    }

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("bytes of which nothing is right are no progress in the long run")
    func wrong() {
        var watch = watch(proven: 3, room: 100)
        #expect(watch.silence(proven: 3, received: 0, at: after(3)) == .seconds(3))
        #expect(watch.silence(proven: 4, received: 90, at: after(4)) == .zero)
        #expect(watch.silence(proven: 4, received: 180, at: after(5)) == .zero)
        // More than there is room for, and not a piece of it was right.
        #expect(watch.silence(proven: 4, received: 900, at: after(6)) == .zero)
        #expect(watch.silence(proven: 4, received: 1900, at: after(8)) == .seconds(2))
    }

    @Test("bytes that fill pieces over a slow line are no silence, and a line that is still is one")
    func slow() {
        var watch = watch(room: 100)
        #expect(watch.silence(proven: 0, received: 60, at: after(2)) == .zero)
        #expect(watch.silence(proven: 0, received: 60, at: after(5)) == .seconds(3))
        #expect(watch.silence(proven: 1, received: 90, at: after(6)) == .zero)
    }

    @Test("bytes that drip are a silence, and those that come in bursts are none")
    func drip() {
        var watch = watch(floor: 4096)
        for second in 1...30 {
            let bytes = Int64(second * 1000)
            let silence = watch.silence(proven: 0, received: bytes, at: after(Double(second)))
            #expect(silence == .seconds(second))
        }
        // One piece of 80 kB after a long rest: 20 s of the floor at once.
        #expect(watch.silence(proven: 1, received: 110_000, at: after(32)) == .zero)
        #expect(watch.silence(proven: 1, received: 110_000, at: after(52)) == .seconds(20))
    }

    @Test("to find classes is progress, however few bytes come")
    func found() {
        var watch = watch(floor: 50_000)
        for second in 1...90 {
            let silence = watch.silence(
                proven: 0, received: 0, found: second / 2, at: after(Double(second)))
            #expect(silence <= .seconds(1))
        }
        #expect(watch.silence(proven: 0, received: 0, found: 45, at: after(110)) == .seconds(20))
    }

    @Test("what a server must send before the missing part is progress")
    func passedOver() {
        var watch = watch(room: 100, floor: 100)
        for second in 1...9 {
            let bytes = Int64(second * 1000)
            let silence = watch.silence(
                proven: 0, received: bytes, passedOver: bytes, at: after(Double(second)))
            #expect(silence == .zero)
        }
    }
}
