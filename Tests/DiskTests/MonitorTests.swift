import Disk
import Testing

@Suite struct MonitorTests {
    @Test("waiting with an end comes to it, and gives what was there before it")
    func timed() {
        let monitor = Monitor(0)
        let clock = ContinuousClock()
        let start = clock.now
        let nothing: Int? = monitor.wait(atMost: .milliseconds(30)) { $0 > 0 ? $0 : nil }
        #expect(nothing == nil)
        #expect(clock.now - start >= .milliseconds(30))
        let thread = Thread { monitor.update { $0 = 7 } }
        #expect(monitor.wait(atMost: .seconds(60)) { $0 > 0 ? $0 : nil } == 7)
        thread.join()
        #expect(monitor.wait(atMost: .seconds(-1)) { $0 } == 7)
    }
}
