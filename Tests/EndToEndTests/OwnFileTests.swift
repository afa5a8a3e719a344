import Disk
import Glibc
import Support

/// Tests of a data set with one file of one's own, and no torrent: all that is known of it is what
/// mirrors say, and perhaps a digest.
protocol OwnFileTests {}

extension OwnFileTests {
    static var name: String { "f.bin" }
    static var unpinned: String { "{\"name\":\"f.bin\",\"part\":\"p\"}" }

    static func bytes(_ seed: UInt64, mebibytes: Int = 24) -> [UInt8] {
        var numbers = SeededNumbers(seed: seed)
        return numbers.bytes(mebibytes << 20)
    }

    func pinned(_ rig: FetchRig, _ bytes: [UInt8]) throws -> String {
        try rig.folder.write(bytes, to: "pinned")
        let sum = try run("md5sum", [rig.folder["pinned"].description]).output.prefix(32)
        return "{\"name\":\"f.bin\",\"part\":\"p\",\"size\":\(bytes.count),\"md5\":\"\(sum)\"}"
    }

    func words(_ rig: FetchRig, _ file: String, _ more: [String]) throws -> [String] {
        try rig.folder.write(
            "{\"schema\":\"imagenet-fetch.manifest/1\",\"name\":\"own\",\"files\":[\(file)]}",
            to: "own.json")
        return [
            "fetch", "--manifest", rig.folder["own.json"].description, "--data",
            rig.folder["data"].description, "--sources", "mirrors", "--reserve", "0",
        ] + more
    }

    func fetch(_ rig: FetchRig, _ file: String, _ more: String...) throws -> CommandResult {
        try run("timeout", ["90", Binary.absolute] + words(rig, file, more))
    }

    /// Kills a fetch when so much of the file is there.
    func kill(
        _ rig: FetchRig, _ file: String, at bytes: Int64, _ more: String...
    ) throws {
        let fetch = try Background(
            Binary.absolute, try words(rig, file, more + ["--max-download", "6MiB"]),
            output: rig.folder["out"].description, errors: rig.folder["err"].description)
        try rig.waitForBytes(bytes, of: Self.name)
        fetch.send(SIGKILL)
        _ = fetch.wait()
    }

    func isThere(_ rig: FetchRig, _ bytes: [UInt8]) throws -> Bool {
        try rig.folder.read("data/tar/\(Self.name)") == bytes
    }
}
