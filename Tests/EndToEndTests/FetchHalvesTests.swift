import Disk
import Glibc
import Support
import Testing

/// Unfinished files of other programs, and of ours, where no piece hashes tell what is right.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct FetchHalvesTests: OwnFileTests {
    private static let all = 24 << 20
    /// Five pieces of 2 MiB, and a bit.
    private static let half = 10 << 20 + 777

    private func server(_ rig: FetchRig, _ bytes: [UInt8]) throws -> NginxServer {
        try rig.folder.write(bytes, to: "www/\(Self.name)")
        return try NginxServer(serving: rig.folder["www"], logs: rig.folder.path)
    }

    private func fetched(_ result: CommandResult) -> Int {
        Int(Events(result.output).number("fromMirrors", in: "done") ?? 1e9)
    }

    @Test("wget's half is gone on with, and the plan says what is missing")
    func wget() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(21)
        let server = try server(rig, bytes)
        let mirror = "\(server.url)/"
        let file = try pinned(rig, bytes)
        try rig.folder.write(Array(bytes[..<Self.half]), to: "data/tar/\(Self.name)")
        let plan = try fetch(rig, file, "--mirror", mirror, "--dry-run")
        #expect(plan.output.contains("about 14.0 MiB"), "\(plan.output)")
        #expect(plan.output.contains("24.0 MiB if the existing bytes are wrong"), "\(plan.output)")
        let result = try fetch(rig, file, "--mirror", mirror, "--json")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        #expect(fetched(result) == Self.all - 10 << 20)
    }

    @Test("of an unfinished file in its full length only what is wrong is missing")
    func fullLength() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(27)
        let server = try server(rig, bytes)
        let mirror = "\(server.url)/"
        let file = try pinned(rig, bytes)
        try rig.folder.write(Array(bytes[..<(9 << 20)]), to: "data/tar/\(Self.name).part")
        let part = rig.folder["data/tar/\(Self.name).part"].description
        try #require(try run("fallocate", ["-l", "\(Self.all)", part]).status == 0)
        let plan = try fetch(rig, file, "--mirror", mirror, "--dry-run")
        #expect(
            plan.output.contains(
                "1 file, only what is wrong to download (24.0 MiB if the existing bytes are "
                    + "wrong);"),
            "\(plan.output)")
        #expect(!plan.output.contains("0 B"), "\(plan.output)")
    }

    @Test("a wrong half is found by the digest, discarded and fetched again")
    func wrong() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(22)
        let server = try server(rig, bytes)
        let mirror = "\(server.url)/"
        var half = Array(bytes[..<Self.half])
        half[5 << 20] ^= 1
        try rig.folder.write(half, to: "data/tar/\(Self.name)")
        let result = try fetch(rig, try pinned(rig, bytes), "--mirror", mirror)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        #expect(result.errors.contains("is downloaded again from one"), "\(result.errors)")
        // The mirror was right all along.
        let memory = try rig.folder.text("data/tar/.imagenet-fetch/mirrors")
        #expect(memory.split(separator: "\n").last?.hasSuffix(" 0") == true, "\(memory)")
    }

    @Test(
        "a half and all that is missing fit where no second copy does",
        .enabled(if: SmallDisk.isPossible))
    func fits() throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(23)
        let server = try server(rig, bytes)
        let mirror = "\(server.url)/"
        let disk = try SmallDisk(rig.folder["data"], image: rig.folder["image"], mebibytes: 30)
        try rig.folder.write(Array(bytes[..<Self.half]), to: "data/tar/\(Self.name)")
        let result = try fetch(rig, try pinned(rig, bytes), "--mirror", mirror)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        withExtendedLifetime(disk) {}
    }

    @Test("aria2's half over HTTP is gone on with", arguments: ["none", "falloc", "prealloc"])
    func aria2(_ allocation: String) throws {
        let rig = try FetchRig()
        let bytes = Self.bytes(24)
        let server = try server(rig, bytes)
        let mirror = "\(server.url)/"
        let file = try pinned(rig, bytes)
        let folder = rig.folder["data/tar"]
        let stopped = try run(
            "aria2c",
            [
                "--no-conf", "--stop=2", "--split=2", "-x2", "--min-split-size=1M",
                "--max-overall-download-limit=7M", "--file-allocation=\(allocation)", "--quiet",
                "--dir", folder.description, "--out", Self.name, "\(mirror)\(Self.name)",
            ], environment: ["http_proxy": "", "no_proxy": "*"])
        #expect(stopped.status != 0)
        let result = try fetch(rig, file, "--mirror", mirror, "--json")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try isThere(rig, bytes))
        #expect(fetched(result) < Self.all - 2 << 20, "\(fetched(result))")
        #expect(try rig.folder.names(in: "data/tar").allSatisfy { !$0.hasSuffix(".aria2") })
    }

    @Test("our own half is gone on with when its journal is lost, or it was copied")
    func journal() throws {
        for isLost in [true, false] {
            let rig = try FetchRig()
            let bytes = Self.bytes(25)
            let server = try server(rig, bytes)
            let mirror = "\(server.url)/"
            let file = try pinned(rig, bytes)
            try kill(rig, file, at: 6 << 20, "--mirror", mirror)
            let state = rig.folder["data/tar/.imagenet-fetch"].description
            let data = rig.folder["data"].description
            if isLost {
                _ = try run("rm", ["-r", state])
            } else {
                _ = try run(
                    "sh",
                    [
                        "-c",
                        "cp -r --sparse=never \(data) \(data).new; rm -r \(data); mv \(data).new \(data)",
                    ])
            }
            let result = try fetch(rig, file, "--mirror", mirror, "--json")
            #expect(result.status == 0, "\(result.errors)")
            #expect(try isThere(rig, bytes))
            #expect(fetched(result) <= Self.all - 6 << 20)
        }
    }
}
