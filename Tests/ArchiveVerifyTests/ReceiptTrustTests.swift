import ArchiveVerify
import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@Suite struct ReceiptTrustTests {
    private static let day: Duration = .seconds(86_400)

    @Test("a receipt stands for the file while nobody touched it and it is young enough")
    func trusted() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(90_000)
        try rig.add("a.tar", bytes)
        _ = try rig.verify()
        let result = try #require(try rig.verify(.trusting(Self.day)).first)
        #expect(result.proof == .receipt)
        #expect(result.actual == rig.known[0].digests)
        #expect(result.provenAt == (try rig.receipt(of: "a.tar")?.when))
        // Without leave it is not asked.
        #expect(try rig.verify().first?.proof == .digests)

        var later = Verifier.Options.trusting(Self.day)
        later.now = { UTCTime(secondsSince1970: UTCTime.now.secondsSince1970 + 2 * 86_400) }
        #expect(try rig.verify(later).first?.proof == .digests)
        var earlier = Verifier.Options.trusting(Self.day)
        earlier.now = { UTCTime(secondsSince1970: UTCTime.now.secondsSince1970 - 30 * 86_400) }
        #expect(try rig.verify(earlier).first?.proof == .digests)

        // The same bytes, written again: another modification.
        try rig.folder.write(bytes, to: "a.tar")
        #expect(try rig.verify(.trusting(Self.day)).first?.proof == .digests)
    }

    @Test(
        "a receipt does not outlive a write through a mapping whose page was dirty before the proof"
    )
    func dirtyMapping() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000))
        let path = rig.folder["a.tar"]
        let system = try run("/usr/bin/stat", ["-f", "-c", "%T", path.description])
        if system.output.hasPrefix("tmpfs") {
            print("skipped: this file system lies in memory and never writes back")
            return
        }
        let file = open(path.description, O_RDWR)
        defer { close(file) }
        let pages = try #require(mmap(nil, 90_000, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0))
        defer { munmap(pages, 90_000) }
        let byte = pages.load(fromByteOffset: 50_000, as: UInt8.self)
        // The page is dirty now, and holds what it held before.
        pages.storeBytes(of: byte, toByteOffset: 50_000, as: UInt8.self)
        #expect(try rig.verify().first?.status == .ok)
        // Times of files come from a clock that ticks every few milliseconds.
        var (start, now) = (timespec(), timespec())
        clock_gettime(CLOCK_REALTIME_COARSE, &start)
        repeat {
            clock_gettime(CLOCK_REALTIME_COARSE, &now)
        } while now.tv_sec == start.tv_sec && now.tv_nsec == start.tv_nsec
        pages.storeBytes(of: byte ^ 1, toByteOffset: 50_000, as: UInt8.self)
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
    }

    @Test("a receipt of other digests than the manifest's is worth nothing")
    func otherDigests() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000))
        _ = try rig.verify()
        rig.known[0].digests = [Hasher.digest(.sha256, VerifyRig.bytes(90_000))]
        #expect(try rig.verify(.trusting(Self.day)).first?.proof == .digests)
        rig.known[0].digests = [Hasher.digest(.md5, [])]
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
    }

    @Test("a file that rots under its receipt loses it, and keeps the digests to compare with")
    func rot() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(90_000))
        _ = try rig.verify()
        // Rot changes no time: the receipt is made to fit the file instead.
        try rig.overwrite("a.tar", [1, 2, 3, 4], at: 50_000)
        var receipt = try #require(try rig.receipt(of: "a.tar"))
        receipt.identity = try FileDescriptor(rig.folder["a.tar"], .reading).identity()
        try rig.receipts.save(receipt)
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .ok)
        #expect(try rig.verify().first?.status == .failed)
        let after = try #require(try rig.receipt(of: "a.tar"))
        #expect(!after.holds(for: receipt.identity))
        #expect(after.digests == receipt.digests)
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
    }

    @Test("what nothing pins is not proven, unless its first use is allowed to; then by that")
    func firstUse() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(90_000)
        try rig.add("a.tar", bytes, [], withSize: false)
        #expect(try rig.verify().first?.diagnosis == .unpinned)
        let first = try #require(try rig.verify(.firstUse).first)
        #expect(first.status == .ok && first.proof == .firstUse)
        #expect(try rig.receipt(of: "a.tar")?.digests == [Hasher.digest(.sha256, bytes)])
        let second = try #require(try rig.verify().first)
        #expect(second.status == .ok && second.proof == .firstUse)
        #expect(second.expected == [Hasher.digest(.sha256, bytes)])

        // The whole folder elsewhere: nothing is trusted, and the digests are still there.
        let copy = try VerifyRig()
        copy.known = rig.known
        #expect(
            try run("cp", ["-r", "\(rig.folder.path)/.", copy.folder.path.description]).status == 0)
        #expect(try copy.verify(.trusting(Self.day)).first?.proof == .firstUse)
        try copy.overwrite("a.tar", [bytes[7] ^ 1], at: 7)
        let damaged = try #require(try copy.verify(.firstUse).first)
        #expect(damaged.status == .failed)
        #expect(damaged.expected == [Hasher.digest(.sha256, bytes)])
    }

    /// The same files, by the digests of another list.
    private func list(_ bytes: [UInt8], _ algorithms: [DigestAlgorithm]) -> [ManifestFile] {
        [
            ManifestFile(
                name: "a.tar", part: "a", digests: algorithms.map { Hasher.digest($0, bytes) })
        ]
    }

    /// Makes the receipt fit the file as it is, as if it had changed without its times.
    private func fitReceipt(_ rig: VerifyRig) throws {
        var receipt = try #require(try rig.receipt(of: "a.tar"))
        receipt.identity = try FileDescriptor(rig.folder["a.tar"], .reading).identity()
        try rig.receipts.save(receipt)
    }

    @Test("another list adds to what is known of a file that nobody touched, and rot ends that")
    func otherList() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(90_000)
        try rig.add("a.tar", bytes, [.sha1, .sha256, .xxh64])
        let manifest = rig.known
        _ = try rig.verify()
        rig.known = list(bytes, [.md5])
        let result = try #require(try rig.verify().first)
        // The witness is none of the list's business.
        #expect(result.status == .ok && result.actual == rig.known[0].digests)
        let digests = try #require(try rig.receipt(of: "a.tar")).digests
        #expect(digests.map(\.algorithm) == [.md5, .sha1, .sha256, .xxh64])
        rig.known = manifest
        #expect(try rig.verify(.trusting(Self.day)).first?.proof == .receipt)

        // A list of what it has rotted to is right, and says nothing of what it was.
        try rig.overwrite("a.tar", [bytes[7] ^ 1], at: 7)
        try fitReceipt(rig)
        let rotten = try rig.folder.read("a.tar")
        rig.known = list(rotten, [.md5])
        #expect(try rig.verify().first?.status == .ok)
        rig.known = manifest
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
    }

    @Test("a list that knows other contents takes no first use away")
    func firstUseStays() throws {
        let rig = try VerifyRig()
        let bytes = VerifyRig.bytes(90_000)
        try rig.add("a.tar", bytes, [], withSize: false)
        let unpinned = rig.known
        _ = try rig.verify(.firstUse)
        // The same bytes by a list, then a touch: it is pinned as before.
        rig.known = list(bytes, [.md5])
        #expect(try rig.verify().first?.status == .ok)
        #expect(try rig.receipt(of: "a.tar")?.proof == .firstUse)
        let other = VerifyRig.bytes(90_000, seed: 8)
        try rig.folder.write(other, to: "a.tar")
        for digests in [[DigestAlgorithm.md5], [.md5, .sha256], [.xxh64]] {
            rig.known = list(other, digests)
            let result = try #require(try rig.verify().first)
            #expect(result.status == .ok && result.proof == .digests)
            #expect(result.notes.contains { $0.contains("first use") })
            rig.known = unpinned
            #expect(try rig.verify(.firstUse).first?.status == .failed)
            #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
        }
        // The right bytes again, by a list: what was pinned stands for them from then on.
        try rig.folder.write(bytes, to: "a.tar")
        rig.known = list(bytes, [.md5])
        #expect(try rig.verify().first?.status == .ok)
        rig.known = unpinned
        #expect(try rig.verify(.trusting(Self.day)).first?.proof == .receipt)
        // Rot under it, with a list of that: the pin stays, and vouches for nothing.
        try rig.overwrite("a.tar", [bytes[7] ^ 1], at: 7)
        try fitReceipt(rig)
        rig.known = list(try rig.folder.read("a.tar"), [.xxh64])
        #expect(try rig.verify().first?.status == .ok)
        rig.known = unpinned
        #expect(try rig.verify(.trusting(Self.day)).first?.status == .failed)
    }

    @Test("where nothing can be written files are proven all the same")
    func noState() throws {
        let rig = try VerifyRig()
        try rig.add("a.tar", VerifyRig.bytes(5 << 20))
        // Nothing can be below a plain file, not even for root.
        try rig.folder.write("", to: "plain")
        let result = try #require(try rig.verify(state: "plain/state").first)
        #expect(result.status == .ok)
        #expect(result.notes.count == 1)
        #expect(try rig.folder.names() == ["a.tar", "plain"])
        let elsewhere = try #require(try rig.verify(state: "state").first)
        #expect(elsewhere.notes.isEmpty)
        #expect(try rig.folder.names() == ["a.tar", "plain", "state"])
        #expect(try rig.folder.names(in: "state") == ["pieces", "receipts"])
    }

    @Test("a scrub takes the oldest proof first, and what is young not at all")
    func scrub() throws {
        let rig = try VerifyRig()
        for name in ["a", "b", "c", "d", "e"] { try rig.add(name, VerifyRig.bytes(1000)) }
        _ = try rig.verify()
        let now = UTCTime.now
        func age(_ name: String, days: Int64) throws {
            var receipt = try #require(try rig.receipt(of: name))
            receipt.when = UTCTime(secondsSince1970: now.secondsSince1970 - days * 86_400)
            try rig.receipts.save(receipt)
        }
        try age("a", days: 31)
        try age("b", days: 40)
        try age("c", days: 2)
        try age("e", days: 35)
        try rig.folder.write(VerifyRig.bytes(1000), to: "d")
        let scrub = Scrub(every: Self.day * 30, now: now)
        let due = scrub.due(try rig.targets())
        #expect(due.map(\.file.name) == ["d", "b", "e", "a"])

        // No time at all, then enough: it goes on where it was.
        let seen = Monitor([String]())
        let report: @Sendable (Verification) -> Void = { result in
            seen.update { $0.append(result.target.file.name) }
        }
        let verifier = rig.verifier(.on(threads: 1))
        #expect(
            try !verifier.scrub(try rig.targets(), scrub, within: .zero, report: report))
        #expect(seen.read { $0 } == [])
        #expect(try verifier.scrub(try rig.targets(), scrub, report: report))
        #expect(seen.read { $0 } == ["d", "b", "e", "a"])
        #expect(scrub.due(try rig.targets()).isEmpty)
    }
}
