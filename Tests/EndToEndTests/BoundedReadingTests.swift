import Disk
import Support
import Testing

/// Archives that were made to take all time and memory, opened by every command that opens one.
@Suite(.waiting, .disabled(if: Binary.isWatched), .timeLimit(.minutes(15)))
struct BoundedReadingTests {
    /// A gzip in a gzip in a gzip whose header has a name of 4 GiB, in base64.
    private static let endless = """
        H4sIAAAAAAACA5Pv5mAAASbmt3cW+k1llDj+0N/ioGAA00mFz1wdYnPS89SecQTo9EzUFFPOOZPyQKgjhnGi
        g3J0iZW5UuOig0/KHsw5/aPu/OR7f47V/9j751fJjOioffvnreM9nHLjz59nj8+u/pwvf65v3bd/NVJAaxoK
        rS1rtllFyvz/Hu/zHSSw8femr79+Jon+qK4x+cgHFJHY+7V+e7549IGzb4pyr9sDRRK+1M3Rs5+Zzyi9+f37
        8j3MQCG39w4GIGcHsYB4C1zBnCRkTtSozKjMqMyozKjMqMyozKjMqMyozKjMqMyozKjMqMyozKjMqMyozKjM
        qMyozKjMqMyoDM1k6ubti56Vz3j55r/195lTbx8vF9fW7j/OzKDVZn5skz0DALmy9ACEGgAA
        """

    @Test(
        "a gzip whose header never ends, in others, is refused at once in little memory",
        arguments: [
            ["list", "a.gz"], ["list", "--json", "a.gz"], ["labels", "--val-labels", "a.gz"],
            ["verify", "--deep", "--manifest", "MD5SUMS", "a.gz"],
            ["untar", "--no-verify", "--data", "d", "--output-dir", "o", "ILSVRC2017_DET.tar.gz"],
            [
                "untar", "--no-verify", "--data", "d", "--output-dir", "o",
                "ILSVRC2012_img_test.tar",
            ],
            ["bbox", "--no-verify", "--data", "d", "--output", "o.csv"],
        ])
    func endless(_ words: [String]) throws {
        let folder = try TemporaryFolder()
        let script = """
            mkdir -p d/tar
            tr -d '\\n' <<< '\(Self.endless)' | base64 -d > a.gz
            md5sum a.gz > MD5SUMS
            cp a.gz ILSVRC2017_DET.tar.gz
            cp a.gz ILSVRC2012_img_test.tar
            cp a.gz d/tar/ILSVRC2012_bbox_train_v2.tar.gz
            ulimit -v 1000000
            exec timeout 10 "$@"
            """
        let result = try run(
            "bash", ["-ec", script, "bash", Binary.absolute] + words,
            in: folder.path.description)
        if words[0] == "verify" {
            // A list may name what is no archive, and there its checksum says all.
            #expect(result.status == 0 && result.output == "a.gz: OK (md5)\n")
            return
        }
        #expect(result.status == 3, "\(result.errors)")
        #expect((result.output + result.errors).contains("holds no tar"), "\(result.errors)")
    }
}
