import Disk
import Support
import Testing

/// `--fetch` of the commands that work on archives.
@Suite(.waiting, .timeLimit(.minutes(15))) struct FetchFirstTests {
    @Test(
        "an archive that was removed on purpose is not fetched again", arguments: [[], ["--flat"]])
    func retired(_ more: [String]) throws {
        let rig = try FetchRig()
        let options = ["--only-val", "--fetch", "--delete-source", "--sources", "mirrors"] + more
        let words = ["untar"] + rig.words(options).dropFirst()
        let done = try run(Binary.absolute, words + rig.fromFolder)
        #expect(done.status == 0, "\(done.errors)")
        #expect(rig.isAbsent(FetchRig.val))
        // There is nobody who has it.
        let again = try run(Binary.absolute, words)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("already done"))
        let forced = try run(Binary.absolute, words + ["--force"])
        #expect(forced.status != 0)
    }

    @Test(
        "of the tree of 2017 it is said what gets it", arguments: ["mds", "tfrecord", "webdataset"])
    func tree2017(_ command: String) throws {
        let rig = try FetchRig()
        let words = [command, "--dataset", "ilsvrc2017", "--data", rig.folder["data"].description]
        let hint =
            "`imagenet-fetch untar --dataset ilsvrc2017 --data \(words[4]) "
            + "--only ILSVRC2017_CLS-LOC.tar.gz --fetch` downloads and"
        for more in [["--fetch"], []] {
            let told = try run(Binary.absolute, words + more)
            #expect(told.status == 2, "\(told.errors)")
            #expect(told.errors.contains(hint), "\(told.errors)")
            #expect(!told.errors.contains("hint: add --fetch"))
        }
    }
}
