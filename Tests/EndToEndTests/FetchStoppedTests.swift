import Disk
import Glibc
import Support
import Testing

/// What a run says that is stopped before its end.
@Suite(.waiting, .serialized) struct FetchStoppedTests {
    @Test("Ctrl-C says where it stopped and that the same command continues")
    func interrupted() throws {
        let rig = try FetchRig()
        let fetch = try rig.startSlowly(["--sources", "mirrors", "--mirror", "\(rig.archives)/"])
        try rig.waitForBytes(8 << 20)
        fetch.send(SIGINT)
        #expect(fetch.wait() == 128 + SIGINT)
        let last = try rig.folder.text("err").split(separator: "\n").last
        #expect(last?.hasPrefix("stopped while downloading \(FetchRig.train), at ") == true)
        #expect(last?.hasSuffix("; the same command continues") == true)
    }

    @Test("a time limit ends it with 12, and the same command continues")
    func timeLimit() throws {
        let rig = try FetchRig()
        let mirror = "\(rig.archives)/"
        let words = ["--only-train", "--sources", "mirrors", "--mirror", mirror]
        let first = try run(
            Binary.absolute,
            rig.words(words + ["--max-download", "6MiB", "--time-limit", "2s"]))
        #expect(first.status == 12, "\(first.errors)")
        let last = first.errors.split(separator: "\n").last
        #expect(last?.hasPrefix("stopped at the time limit of 2s while downloading ") == true)
        #expect(last?.hasSuffix("; the same command continues") == true)
        #expect(!first.errors.contains("error:"))
        #expect(rig.isAbsent(FetchRig.train))
        let again = try run(
            Binary.absolute, rig.words(words + ["--json", "--time-limit", "10m"]))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        let events = Events(again.output)
        let size = try #require(events.number("bytes", in: "done"))
        #expect(try #require(events.number("fromMirrors", in: "done")) < size)
    }

    @Test("a busy folder is reported before the plan")
    func busy() throws {
        let rig = try FetchRig()
        let fetch = try rig.startSlowly(["--sources", "mirrors", "--mirror", "\(rig.archives)/"])
        try rig.waitForBytes(4 << 20)
        let second = try rig.fetch("--only-train", "--mirror", "\(rig.archives)/")
        #expect(second.status == 9)
        #expect(second.errors.hasPrefix("imagenet-fetch: error: "), "\(second.errors)")
        fetch.send(SIGINT)
        fetch.wait()
    }
}
