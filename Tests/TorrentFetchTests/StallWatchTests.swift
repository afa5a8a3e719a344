import Disk
import Testing

@testable import TorrentFetch

@Suite struct StallWatchTests {
    @Test("what is proven ends the silence, and nothing else does in the long run")
    func proven() {
        var watch = StallWatch(proven: 3, room: 100)
        Thread.sleep(milliseconds: 30)
        #expect(watch.silence(proven: 3, received: 0) >= .milliseconds(30))
        #expect(watch.silence(proven: 4, received: 0) < .milliseconds(30))
        Thread.sleep(milliseconds: 30)
        // More than there is room for, and not a piece of it was right.
        #expect(watch.silence(proven: 4, received: 101) >= .milliseconds(30))
    }

    @Test("bytes that fill pieces over a slow line are no silence, and a line that is still is one")
    func slow() {
        var watch = StallWatch(proven: 0, room: 100)
        Thread.sleep(milliseconds: 30)
        #expect(watch.silence(proven: 0, received: 60) < .milliseconds(30))
        Thread.sleep(milliseconds: 30)
        #expect(watch.silence(proven: 0, received: 60) >= .milliseconds(30))
        #expect(watch.silence(proven: 1, received: 90) < .milliseconds(30))
        Thread.sleep(milliseconds: 30)
        #expect(watch.silence(proven: 1, received: 190) < .milliseconds(30))
    }
}
