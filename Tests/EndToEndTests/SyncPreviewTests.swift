import Disk
import Glibc
import Support
import Testing

/// `sync --dry-run`.
@Suite(.waiting) struct SyncPreviewTests {
    @Test("it says what would be done, and changes nothing")
    func preview() throws {
        let rig = try FetchRig()
        let before = try rig.sync(rig.fromFolder + ["--dry-run"])
        #expect(before.status == 0, "\(before.errors)")
        let lines = before.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.contains { $0.hasPrefix("\(FetchRig.val): would be downloaded (") })
        #expect(access(rig.folder["data"].description, F_OK) != 0)
        #expect(access(rig.folder["log"].description, F_OK) != 0)
        #expect(try rig.sync(rig.fromFolder).status == 0)
        let after = try rig.sync(rig.fromFolder + ["--dry-run"])
        #expect(after.output == "nothing to download or to verify\n")
        let due = try rig.sync(rig.fromFolder + ["--dry-run", "--scrub-every", "0s"])
        #expect(due.output.contains("\(FetchRig.val): would be verified (last verified 20"))
    }
}
