import Disk
import Support
import Testing

@testable import DataFolder

@Suite struct UpstreamStoreTests {
    @Test("what was saved comes back, and a damaged file is none")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let store = UpstreamStore(DataFolder(folder["data"]))
        #expect(store.all.isEmpty && store.latest.isEmpty)
        let (now, before) = (
            UTCTime(secondsSince1970: 1_800_000_000), UTCTime(secondsSince1970: 1_700_000_000)
        )
        var first = Upstream(mirror: "/a folder/x", asked: now, ageLimit: .seconds(60))
        first.lastSync = before
        first.isStaleTold = true
        first.lies = ["went back in time: a b", "contradicts c"]
        let second = Upstream(mirror: "https://b.example/", asked: now, ageLimit: .seconds(60))
        let old = Upstream(mirror: "https://c.example/", asked: before, ageLimit: .seconds(60))
        try store.save([old, first, second])
        #expect(store.all == [first, second, old])
        #expect(store.latest == [first, second])
        let path = "data/tar/.imagenet-fetch/upstreams"
        try folder.write(try folder.text(path).replacing("2027", with: "2028"), to: path)
        #expect(store.all.isEmpty)
    }

    @Test("a mirror is stale after its limit, and one whose time is unknown is not")
    func age() {
        let asked = UTCTime(secondsSince1970: 1_800_000_000)
        var upstream = Upstream(mirror: "m", asked: asked, ageLimit: .seconds(7200))
        #expect(!upstream.isStale(at: asked) && upstream.age(at: asked) == nil)
        #expect(upstream.sentence(at: asked) == "m: nobody knows when it synced")
        upstream.lastSync = UTCTime(secondsSince1970: 1_800_000_000 - 7200)
        #expect(!upstream.isStale(at: asked))
        #expect(upstream.sentence(at: asked) == "m synced 2027-01-15T06:00:00Z (2 hours ago)")
        let later = UTCTime(secondsSince1970: 1_800_000_001)
        #expect(upstream.isStale(at: later))
        // A clock that was set back makes nothing negative.
        #expect(upstream.age(at: UTCTime(secondsSince1970: 0)) == .zero)
    }
}
