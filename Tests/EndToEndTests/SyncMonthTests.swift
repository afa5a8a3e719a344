import Disk
import Glibc
import Support
import Testing

/// Many runs over one mirror.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncMonthTests {
    @Test("six nights with damage, outages and kills between them")
    func nights() throws {
        let root = Path(#filePath).parent.parent.parent
        let month = try run(
            "python3", [root.appending("scripts/month").description, Binary.absolute, "6", "4"])
        #expect(month.status == 0, "\(month.output)\n\(month.errors)")
    }

    @Test("a mirror that comes and goes over ten runs")
    func outages() throws {
        let rig = try FetchRig()
        let port = try freePort()
        let words = ["--mirror", "http://127.0.0.1:\(port)/", "--max-download", "12MiB"]
        var sizes: [Int64] = []
        for round in 0..<10 {
            let server =
                round % 2 == 0
                ? try NginxServer(serving: rig.archives, logs: rig.folder.path, port: port) : nil
            let result = try rig.sync(words + (server == nil ? [] : ["--time-limit", "1s"]))
            let isWhole = try FetchRig.usual.allSatisfy { try rig.isWhole($0) }
            if isWhole {
                // The last byte may come when the time is over.
                #expect([0, 12].contains(result.status), "\(result.errors)")
                #expect(result.errors.isEmpty)
            } else if server != nil {
                #expect(result.status == 12, "\(result.errors)")
            } else {
                #expect([5, 6, 8, 13].contains(result.status), "\(result.errors)")
                #expect(result.errors.hasPrefix("imagenet-fetch: error: "))
            }
            withExtendedLifetime(server) {}
            // Blocks that were filled are never given up.
            let growing = rig.folder["data/tar/\(FetchRig.train).part"]
            if access(growing.description, F_OK) == 0 {
                sizes.append(try FileDescriptor(growing, .reading).status().allocated)
            }
        }
        // Less a block or two: those in which the file system notes where the others are.
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $1 > $0 - 1 << 16 }, "\(sizes)")
        let last = try rig.sync(rig.fromFolder)
        #expect(last.status == 0, "\(last.errors)")
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
    }

    @Test("a file that takes longer than the time limit is proven all the same")
    func longFile() throws {
        let rig = try FetchRig()
        _ = try Folder.creating(rig.folder["data/tar"])
        // More than a second for any MD5.
        try FileDescriptor(rig.folder["data/tar/zeros"], .creating).truncate(to: 1 << 30)
        try rig.folder.write("cd573cfaace07e7949bc0c46028904ff  zeros\n", to: "list")
        let result = try run(
            Binary.absolute,
            [
                "sync", "--manifest", rig.folder["list"].description, "--data",
                rig.folder["data"].description, "--no-dht", "--sources", "mirrors",
                "--time-limit", "1s",
            ])
        #expect(result.errors.isEmpty)
        #expect(try rig.receipt("zeros") != nil)
    }
}
