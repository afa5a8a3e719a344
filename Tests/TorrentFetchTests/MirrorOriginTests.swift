import Disk
import Support
import Testing

@testable import TorrentFetch

/// One mirror after the other, and what each may go on with.
@Suite struct MirrorOriginTests {
    private func mirror(_ host: String) throws -> Mirror {
        try Mirror("https://\(host)/", fileName: "f.bin")
    }

    @Test(
        "a pin tells which file of which mirror the bytes are from",
        arguments: [
            MirrorOrigin.Version.web(.tag("\"a b\"")),
            .web(.date("Sun, 06 Nov 1994 08:49:37 GMT")),
            .file(inode: 7, modified: "12.34"),
        ])
    func pins(_ version: MirrorOrigin.Version) throws {
        let origin = MirrorOrigin(try mirror("a.example"), size: 10)
        #expect(origin.pin == "size-10")
        #expect(origin.version(in: origin.pin) == nil)
        origin.saw(version)
        origin.saw(.web(.tag("\"later\"")))
        #expect(origin.pin.hasSuffix(" https://a.example/f.bin"))
        #expect(MirrorOrigin(origin.mirror, size: 10).version(in: origin.pin) == version)
        #expect(MirrorOrigin(origin.mirror, size: 11).version(in: origin.pin) == nil)
        let other = MirrorOrigin(try mirror("b.example"), size: 10)
        #expect(other.version(in: origin.pin) == nil)
        origin.setMixed(true)
        #expect(origin.pin == "size-10")
    }

    @Test("what no line can hold vouches for nothing")
    func unwritable() throws {
        let origin = MirrorOrigin(try mirror("a.example"), size: 10)
        origin.saw(.web(.tag("\"\u{FFFD}\"")))
        #expect(origin.pin == "size-10")
        for pin in ["", "size-10 ", "size-10 tag https://a.example/f.bin", "infohash"] {
            #expect(origin.version(in: pin) == nil)
        }
    }

    @Test("who began goes first; what came out wrong is asked of each alone, and only once")
    func turns() throws {
        let (a, b, c) = (try mirror("a"), try mirror("b"), try mirror("c"))
        let begun = MirrorOrigin(b, size: 5)
        begun.saw(.web(.tag("\"x\"")))
        var turns = MirrorTurns([a, b, c], continuingFrom: begun.pin, size: 5)
        let firstTurn = turns.next()
        let first = try #require(firstTurn)
        #expect(first == MirrorTurns.Turn(mirror: b))
        turns.again(first)
        let secondTurn = turns.next()
        let second = try #require(secondTurn)
        #expect(second == MirrorTurns.Turn(mirror: b, isFresh: true))
        turns.again(second)
        let thirdTurn = turns.next()
        let third = try #require(thirdTurn)
        #expect(third == MirrorTurns.Turn(mirror: a))
        turns.separate(third)
        var rest: [MirrorTurns.Turn] = []
        while let turn = turns.next() { rest.append(turn) }
        #expect(rest == [a, c].map { MirrorTurns.Turn(mirror: $0, isFresh: true) })
    }

    @Test("one that was overtaken waits until all were tried; then the fastest goes on")
    func overtakenTurns() throws {
        let (a, b) = (try mirror("a"), try mirror("b"))
        var turns = MirrorTurns([a, b], continuingFrom: nil, size: 5)
        let first = turns.next()
        turns.overtaken(try #require(first), rate: 7)
        let second = turns.next()
        #expect(second == MirrorTurns.Turn(mirror: b))
        #expect(turns.following == MirrorTurns.Turn(mirror: a, rate: 7))
        turns.overtaken(try #require(second), rate: 3)
        let third = turns.next()
        #expect(third == MirrorTurns.Turn(mirror: a, rate: 7))
    }

    @Test("another mirror must be so much faster that what it begins with is worth it")
    func rivals() {
        let going = Rival(speed: 1000, margin: 4, beginsAnew: false)
        #expect(going.isFaster(than: 100, missing: 50_000, of: 100_000))
        #expect(!going.isFaster(than: 300, missing: 50_000, of: 100_000))
        let anew = Rival(speed: 1000, margin: 4, beginsAnew: true)
        #expect(!anew.isFaster(than: 100, missing: 30_000, of: 100_000))
        #expect(anew.isFaster(than: 100, missing: 100_000, of: 100_000))
        #expect(going.isFaster(than: 0, missing: 1 << 62, of: .max))
    }

    @Test("what libcurl says goes on in small letters, but not in names")
    func wording() throws {
        #expect(FetchError.continued("SSL certificate problem") == "SSL certificate problem")
        #expect(FetchError.continued("Couldn't connect") == "couldn't connect")
        #expect(FetchError.continued("") == "")
        let folder = try Mirror("/copy", fileName: "f")
        #expect(
            FetchError.mirror(.mirrorRefused, folder, "no such file").hint?.contains("browser")
                == false)
    }
}
