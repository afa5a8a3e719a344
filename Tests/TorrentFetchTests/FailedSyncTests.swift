import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing

@testable import TorrentFetch

@Suite struct FailedSyncTests {
    /// A file that is to come from a folder, and a disk that does not keep it.
    private func fetch(_ rig: RepairRig, failing call: SystemCall) throws -> DiskError? {
        unlink(rig.path.description)
        try rig.mirror("a", rig.bytes)
        let plan = try rig.fetcher.plan(SelectedFiles(files: [rig.manifestFile]))
        let fault = Fault(
            call, onPathsWith: rig.growing.part.description, times: 1000, .failure(EIO))
        let outcomes = try Faults.during([fault]) { try rig.fetcher.run(plan) { _ in } }
        guard case .failure(let error)? = outcomes.first?.result else { return nil }
        return error as? DiskError
    }

    @Test(
        "a sync that fails at the very end: no final name, no receipt, and nothing is believed",
        arguments: [SystemCall.fdatasync, .fsync])
    func atTheEnd(_ call: SystemCall) throws {
        let rig = try RepairRig()
        let error = try fetch(rig, failing: call)
        #expect(error?.code == .io)
        let found = try rig.growing.data.look(for: rig.growing.name)
        #expect(found.final == nil)
        #expect(found.staging != nil)
        #expect(found.journal == nil)
        #expect(try rig.receipt() == nil)
        // Once the disk is well again, what it really has is read back.
        let plan = try rig.fetcher.plan(SelectedFiles(files: [rig.manifestFile]))
        let outcomes = try rig.fetcher.run(plan) { _ in }
        #expect(try outcomes.first?.result.get().bytes == Int64(rig.bytes.count))
        #expect(try rig.there() == rig.bytes)
    }

    @Test("a repair whose last sync fails leaves no receipt")
    func repair() throws {
        let rig = try RepairRig()
        try rig.fetcher.confirm(try rig.examine())
        try rig.put(rig.damaged([7]))
        try rig.mirror("a", rig.bytes)
        let examination = try rig.examine()
        let fault = Fault(
            .fsync, onPathsWith: rig.path.description, times: 1000, .failure(EIO))
        let error = #expect(throws: DiskError.self) {
            try Faults.during([fault]) { _ = try rig.fetcher.repair(examination) { _ in } }
        }
        #expect(error?.code == .io)
        #expect(try rig.receipt()?.isRevoked != false)
    }
}
