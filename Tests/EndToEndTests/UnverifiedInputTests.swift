import Disk
import Support
import Testing

@Suite(.waiting) struct UnverifiedInputTests {
    private static let val = "ILSVRC2012_img_val"

    private func run(_ words: String..., in rig: FetchRig) throws -> CommandResult {
        try Support.run(
            Binary.absolute, words + ["--data", "data", "--manifest", rig.manifest],
            in: rig.folder.path.description)
    }

    /// The validation archive with eight wrong bytes, which nobody has verified yet.
    private func putDamaged(_ rig: FetchRig) throws {
        var bytes = try rig.original(FetchRig.val)
        for place in 300_000..<300_008 { bytes[place] ^= 0x55 }
        try rig.folder.write(bytes, to: "data/tar/\(FetchRig.val)")
    }

    private func putRight(_ rig: FetchRig) throws {
        let devkit = "ILSVRC2012_devkit_t12.tar.gz"
        for name in [FetchRig.val, devkit] {
            try rig.folder.write(try rig.original(name), to: "data/tar/\(name)")
        }
    }

    @Test(
        "nothing is made from a damaged archive in silence",
        arguments: ["untar", "mds", "webdataset", "tfrecord"])
    func damaged(_ command: String) throws {
        let rig = try FetchRig()
        try putRight(rig)
        try putDamaged(rig)
        let refused = try run(command, "--only-val", in: rig)
        #expect(refused.status == 3, "\(refused.errors)")
        #expect(refused.errors.contains("\(FetchRig.val) failed verification"))
        #expect(refused.errors.contains("hint: "))
        let taken = try run(command, "--only-val", "--no-verify", in: rig)
        #expect(taken.status == 0, "\(taken.errors)")
        let folder = "data/\(command)/\(Self.val)"
        let verified = try run("verify", folder, in: rig)
        #expect(verified.output.contains("made from unverified bytes"), "\(verified.output)")
        #expect(try run("status", in: rig).output.contains("from unverified bytes"))
        guard command == "untar" else { return }
        let check = try run("check", "data/untar", in: rig)
        #expect(check.errors.contains("\(Self.val) was made from unverified bytes"))
    }

    @Test("an archive without a receipt is verified once, and its receipt serves from then on")
    func once() throws {
        let rig = try FetchRig()
        try putRight(rig)
        #expect(try run("untar", "--only-val", in: rig).status == 0)
        let receipt = "data/tar/.imagenet-fetch/receipts/\(FetchRig.val).receipt.json"
        let first = try rig.folder.read(receipt)
        #expect(try run("mds", "--only-val", in: rig).status == 0)
        #expect(try rig.folder.read(receipt) == first)
        let verified = try run("verify", "data/untar", "data/mds", in: rig)
        #expect(!verified.output.contains("unverified"), "\(verified.output)")
    }

    @Test("an output stays its archive's after chmod, another hard link and a copy")
    func otherIdentity() throws {
        let rig = try FetchRig()
        try putRight(rig)
        let archive = "data/tar/\(FetchRig.val)"
        let changes = [
            "true", "chmod 600 \(archive)", "ln \(archive) other",
            "cp \(archive) copy; mv copy \(archive)",
        ]
        for change in changes {
            let changed = try Support.run(
                "bash", ["-c", change], in: rig.folder.path.description)
            #expect(changed.status == 0, "\(changed.errors)")
            for command in ["untar", "mds"] {
                let result = try run(command, "--only-val", in: rig)
                #expect(result.status == 0, "\(change): \(result.errors)")
                #expect(
                    result.output.contains("already done") == (change != "true"),
                    "\(change): \(result.output)")
            }
        }
    }

    @Test("an output of unverified bytes is theirs no more once the same archive is verified")
    func verifiedLater() throws {
        let rig = try FetchRig()
        try putRight(rig)
        for command in ["untar", "mds"] {
            #expect(try run(command, "--only-val", "--no-verify", in: rig).status == 0)
            let again = try run(command, "--only-val", in: rig)
            #expect(again.output.contains("already done"), "\(again.output) \(again.errors)")
            // The receipt of the archive would make the next one verified.
            try rig.folder.write(try rig.original(FetchRig.val), to: "data/tar/\(FetchRig.val)")
            let verified = try run("verify", "data/\(command)/\(Self.val)", in: rig)
            #expect(!verified.output.contains("unverified"), "\(verified.output)")
        }
    }
}
