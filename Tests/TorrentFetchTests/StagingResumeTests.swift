import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

/// What a killed run has left, and what others do to it or at the same time.
@Suite struct StagingResumeTests {
    private static let length = GrowingFile.pieceLength
    /// As late after its journal as no killed run writes.
    private static let late = Duration.milliseconds(900)

    @Test("a file that somebody touched behind a killed run is read again, whatever was done to it")
    func late() throws {
        for isDamaged in [true, false] {
            let growing = try GrowingFile()
            try growing.write(Array(0..<40))
            try growing.save(
                try growing.journal(
                    Array(0..<40), isClean: false, frontier: 20 * Self.length, age: Self.late),
                [.quick])
            if isDamaged {
                try growing.damage(growing.part, at: 3 * Self.length)
                // Who hides it has changed the time of that.
                let times = [timespec](repeating: timespec(), count: 2)
                utimensat(AT_FDCWD, growing.part.description, times, 0)
            } else {
                try FileDescriptor(growing.part, .updating).setMode(0o600)
            }
            let opened = try growing.grow()
            #expect(opened.trust == .read(.changed))
            #expect(opened.proven.members == (isDamaged ? 39 : 40))
            #expect(opened.position.offset == Int64((isDamaged ? 3 : 40) * Self.length))
        }
    }

    @Test("without a piece map the beginning that a killed run has left is read again")
    func killedWithoutMap() throws {
        let frontier = 5 * Self.length
        let pieces = [0, 1, 2, 3, 4, 5, 9]
        // Whose bytes are changed, and what is left.
        for (place, isPinned, isLate, left) in [
            (nil, true, true, pieces), (nil, false, false, pieces),
            (nil, false, true, [0, 1, 2, 3, 4]),
            (7, true, false, []), (7, false, false, []),
            // The digests of the whole tell it in the end.
            (9 * Self.length, true, true, pieces),
            (9 * Self.length, false, true, [0, 1, 2, 3, 4]),
        ] as [(Int?, Bool, Bool, [Int])] {
            let growing = try GrowingFile()
            try growing.write(pieces)
            try growing.save(
                try growing.journal(
                    pieces, isClean: false, frontier: frontier, age: isLate ? Self.late : .zero),
                [.quick])
            if let place { try growing.damage(growing.part, at: place) }
            if isLate { try FileDescriptor(growing.part, .updating).setMode(0o600) }
            let opened = try growing.grow(mapped: false) {
                if !isPinned { ($0.expected.digests, $0.expected.isPinned) = ([], false) }
            }
            #expect(growing.members(opened.proven) == left)
            #expect(
                opened.trust == (left.isEmpty ? .read(.notConfirmed) : .confirmed(pieces: 5)))
            #expect(opened.position.offset == (left.isEmpty ? 0 : Int64(frontier)))
            #expect(opened.notes.count == (left.isEmpty ? 1 : 0))
        }
    }

    @Test("who stops while the beginning is read again loses nothing")
    func stoppedWithoutMap() throws {
        let growing = try GrowingFile()
        try growing.write(Array(0..<5))
        try growing.save(
            try growing.journal(Array(0..<5), isClean: false, frontier: 5 * Self.length), [.quick])
        #expect(throws: CancellationError.self) {
            _ = try growing.grow(mapped: false) { $0.stop = StopCheck { CancellationError() } }
        }
        #expect(try growing.grow(mapped: false).proven.members == 5)
    }

    @Test("one run at a time works on a file, whatever state folders they have")
    func claimed() throws {
        let growing = try GrowingFile()
        let other = DataFolder(growing.data.path, state: growing.folder["state"])
        let opened = try growing.grow()
        #expect(throws: DiskError.busy(growing.part)) { _ = try growing.grow(data: other) }
        // One that is whole by now under its final name does not take it away from that run.
        try growing.folder.write(growing.file.bytes, to: "data/tar/\(growing.name)")
        guard case .whole = try growing.open(data: other) else {
            Issue.record("not whole")
            return
        }
        #expect(try growing.data.look(for: growing.name).staging != nil)
        // Where there are no locks, nobody is kept from anything.
        unlink(growing.final.description)
        let none = Fault(.flock, onPathsWith: growing.part.description, .failure(ENOLCK))
        let unlocked = try Faults.during([none]) { try growing.grow(data: other) }
        #expect(unlocked.proven.isEmpty)
        #expect(unlocked.notes.contains { $0.contains("let only one machine work on this file") })
        withExtendedLifetime(opened) {}
    }
}
