import Disk
import Support
import Testing

/// Somebody has closed the pipe that results go to: the work is done, and failures are failures.
@Suite(.waiting, .timeLimit(.minutes(15))) struct NobodyReadsTests {
    /// Runs the program with a pipe for its results that nobody reads from.
    private func unread(_ words: [String]) throws -> CommandResult {
        let script = "exec 3> >(:); wait $!; exec \"$@\" >&3"
        return try run("bash", ["-c", script, "bash", Binary.absolute] + words)
    }

    @Test("what could not be fetched is told by the exit status", arguments: [[], ["--json"]])
    func fetching(_ more: [String]) throws {
        let rig = try FetchRig()
        try rig.folder.write(try rig.original(FetchRig.devkit), to: "some/\(FetchRig.devkit)")
        let result = try unread(
            rig.words([
                "--only", "devkit,val", "--sources", "mirrors", "--mirror",
                "\(rig.folder["some"])/",
            ]) + more)
        #expect(result.status == 13, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.devkit))
    }

    @Test("what is damaged is mended")
    func mending() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        try rig.damage(rig.folder["data/tar/\(FetchRig.val)"], at: 5000)
        let result = try unread(
            ["repair"]
                + rig.words(["--json", "--sources", "mirrors"] + rig.fromFolder).dropFirst())
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.isWhole(FetchRig.val))
    }

    @Test("shards that are wrong are found", arguments: [[], ["--json"]])
    func verifying(_ more: [String]) throws {
        let world = try ExportWorld("--classes", "2", "--per-class", "4")
        #expect(try world.run("mds", "--only-val").status == 0)
        let shard = "s/mds/ILSVRC2012_img_val/shard.00000.mds"
        var bytes = try world.folder.read(shard)
        bytes[bytes.count - 1] ^= 1
        try world.folder.write(bytes, to: shard)
        let result = try unread(
            ["mds", "verify", world.folder["s/mds/ILSVRC2012_img_val"].description] + more)
        #expect(result.status == 3, "\(result.errors)")
    }
}
