import Disk
import Support
import Testing

/// No thread is to be had: what waits for its work must not wait for ever.
@Suite(.waiting, .timeLimit(.minutes(15))) struct NoThreadsTests {
    // A sanitizer wants far more address space than that.
    @Test("one line says so", .disabled(if: Binary.isWatched))
    func refused() throws {
        let folder = try TemporaryFolder()
        // Each thread wants 4 GB of address space for its stack, and there are 3.
        let result = try run(
            "bash",
            [
                "-c", "ulimit -s 4000000 && ulimit -v 3000000 && exec timeout 20 \"$@\"", "bash",
                Binary.absolute,
                "untar",
            ], in: folder.path.description)
        #expect(result.status == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("imagenet-fetch: error: cannot start a thread: "))
    }
}
