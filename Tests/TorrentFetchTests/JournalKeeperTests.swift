import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Synchronization
import Testing

@testable import TorrentFetch

@Suite struct JournalKeeperTests {
    private let quickly = JournalKeeper.Rhythm(
        quick: .milliseconds(10), synced: .seconds(3600), syncedBytes: .max)

    /// A staging file with its threads, and what the keeper said.
    private final class Running: Sendable {
        let staging: StagingFile
        let buffers: PieceBuffers
        let file: TorrentedFile
        let told = Monitor<[JournalKeeper.Trouble]>([])
        private let threads: [Thread]

        init(_ growing: GrowingFile) throws {
            file = growing.file
            let staging = growing.opener().staging(try growing.grow(), holds: 8)
            self.staging = staging
            buffers = PieceBuffers(pieceLength: file.map.pieceLength, bytes: 1 << 20)
            threads = [Thread { staging.work() }, Thread { staging.hash() }]
        }

        func bring(_ pieces: Range<Int>) {
            for piece in pieces {
                guard let buffer = buffers.take() else { return }
                let range = file.map.range(of: piece)
                buffer.bytes.copyBytes(
                    from: file.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
                let done = Monitor(false)
                staging.submit(piece, buffer) { _ in done.update { $0 = true } }
                _ = done.wait { $0 ? true : nil }
            }
        }

        func stop() {
            staging.close()
            for thread in threads { thread.join() }
        }

        func tell(_ trouble: JournalKeeper.Trouble) { told.update { $0.append(trouble) } }
    }

    private func keeper(
        _ running: Running, _ growing: GrowingFile, _ rhythm: JournalKeeper.Rhythm? = nil
    ) throws -> JournalKeeper {
        JournalKeeper(
            running.staging, try growing.data.journals(boot: "boot"), fileName: growing.name,
            pin: "pin", rhythm: rhythm ?? quickly
        ) { running.tell($0) }
    }

    /// Waits until a journal in a boot says this; nil when it does not.
    private func journal(
        _ growing: GrowingFile, boot: String = "boot", _ isRight: (Journal) -> Bool
    ) throws -> Journal? {
        var found: Journal?
        let isThere = try eventually {
            found = try growing.data.journal(of: growing.name, boot: boot)
            return found.map(isRight) ?? false
        }
        return isThere ? found : nil
    }

    @Test("what has come is in the quick journal soon, and clean when the keeper ends")
    func quick() throws {
        let growing = try GrowingFile()
        do {
            let running = try Running(growing)
            let keeper = try keeper(running, growing)
            running.bring(0..<7)
            let journal = try #require(try journal(growing) { $0.pieces.members == 7 })
            #expect(!journal.isClean)
            // Nothing was synced: a machine that stops here has nothing.
            #expect(try growing.data.journal(of: growing.name, boot: "other") == nil)
            running.bring(7..<9)
            running.stop()
            keeper.stop()
            keeper.stop()
            #expect(running.told.update { $0.isEmpty })
        }
        let opened = try growing.grow(boot: "other")
        #expect(opened.trust == .journal)
        #expect(opened.proven.members == 9)
    }

    @Test("a killed run loses nothing that its last quick journal has")
    func killed() throws {
        let growing = try GrowingFile()
        let running = try Running(growing)
        let keeper = try keeper(running, growing)
        running.bring(0..<20)
        _ = try #require(try journal(growing) { $0.pieces.members == 20 })
        // As if the process were gone here: another one opens the same file.
        let noLock = Fault(.flock, onPathsWith: growing.part.description, .failure(ENOLCK))
        let opened = try Faults.during([noLock]) { try growing.grow() }
        #expect(opened.trust == .confirmed(pieces: 20))
        #expect(opened.proven.members == 20)
        running.stop()
        keeper.stop()
    }

    @Test("after so many bytes the data is synced first, then the journal")
    func synced() throws {
        let growing = try GrowingFile()
        let running = try Running(growing)
        var rhythm = quickly
        rhythm.syncedBytes = Int64(4 * GrowingFile.pieceLength)
        let keeper = try keeper(running, growing, rhythm)
        running.bring(0..<3)
        _ = try #require(try journal(growing) { $0.pieces.members == 3 })
        #expect(try growing.data.journal(of: growing.name, boot: "other") == nil)
        running.bring(3..<9)
        let after = try #require(
            try journal(growing, boot: "other") { $0.pieces.members >= 4 })
        #expect(!after.isClean)
        running.stop()
        keeper.stop()
    }

    @Test("a full disk is told once, stops nothing, and is forgotten when there is room again")
    func fullDisk() throws {
        let growing = try GrowingFile()
        let running = try Running(growing)
        let path = growing.data.state.appending("journals").description
        let planned = Faults.planned([
            Fault(.pwrite, onPathsWith: path, times: 3, .failure(ENOSPC))
        ])
        defer { planned.end() }
        let keeper = try keeper(running, growing)
        for piece in 0..<3 {
            running.bring(piece..<piece + 1)
            #expect(eventually { planned.left == 2 - piece })
        }
        running.bring(3..<10)
        _ = try #require(try journal(growing) { $0.pieces.members == 10 })
        running.stop()
        keeper.stop()
        let told = running.told.update { $0 }
        #expect(told.count == 1)
        guard case .journalNotSaved(let error)? = told.first else {
            Issue.record("\(told)")
            return
        }
        #expect(error.code == .noSpace)
    }

    @Test("a run that ends on a full disk is gone on with, without reading anything again")
    func fullAtTheEnd() throws {
        let growing = try GrowingFile()
        do {
            let running = try Running(growing)
            let keeper = try keeper(running, growing)
            running.bring(0..<3)
            _ = try #require(try journal(growing) { $0.pieces.members == 3 })
            // No new file can be made, and the old one has its blocks.
            let journals = growing.data.state.appending("journals").description
            let planned = Faults.planned([
                Fault(.pwrite, onPathsWith: "\(journals)/.", times: 1000, .failure(ENOSPC))
            ])
            defer { planned.end() }
            running.bring(3..<9)
            running.stop()
            keeper.stop()
            #expect(running.told.update { $0.count } == 1)
        }
        let opened = try growing.grow()
        #expect(opened.trust == .journal)
        #expect(opened.proven.members == 9)
    }

    @Test("data that cannot be synced is told, and no journal speaks of it")
    func notSynced() throws {
        let growing = try GrowingFile()
        let running = try Running(growing)
        var rhythm = quickly
        rhythm.syncedBytes = Int64(4 * GrowingFile.pieceLength)
        let keeper = try keeper(running, growing, rhythm)
        running.bring(0..<4)
        _ = try #require(try journal(growing, boot: "other") { $0.pieces.members == 4 })
        let planned = Faults.planned([
            Fault(.fdatasync, onPathsWith: growing.part.description, .failure(EIO))
        ])
        defer { planned.end() }
        running.bring(4..<12)
        #expect(running.told.wait(atMost: .seconds(10)) { $0.isEmpty ? nil : () } != nil)
        running.bring(12..<14)
        running.stop()
        keeper.stop()
        let told = running.told.update { $0 }
        #expect(told.count == 1)
        guard case .dataNotSynced(let error)? = told.first else {
            Issue.record("\(told)")
            return
        }
        #expect(error.code == .io)
        let left = try growing.data.journal(of: growing.name, boot: "boot")
        #expect(left?.pieces.members == 4)
        #expect(left?.isClean == false)
    }
}
