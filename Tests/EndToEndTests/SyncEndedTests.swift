import DataFolder
import Disk
import Glibc
import Support
import Testing

/// SIGTERM in every phase of a run: it ends within five seconds, and the next one goes on.
@Suite(.waiting, .serialized, .timeLimit(.minutes(15))) struct SyncEndedTests {
    private func expectEnd(_ run: Background) {
        run.send(SIGTERM)
        #expect(run.wait(seconds: 5) == 128 + SIGTERM)
    }

    @Test("while it fetches: the next run has less to fetch")
    func fetching() throws {
        let rig = try FetchRig()
        let run = try rig.startSync(rig.fromFolder + ["--max-download", "12MiB"])
        try rig.waitForBytes(8 << 20)
        expectEnd(run)
        #expect(rig.isAbsent(FetchRig.train))
        #expect(try rig.folder.text("log").contains("ended early: stopped by signal 15"))
        let metrics = rig.folder["metrics"].description
        #expect(try rig.sync(rig.fromFolder + ["--metrics", metrics]).status == 0)
        for name in FetchRig.usual { #expect(try rig.isWhole(name)) }
        let line = try rig.folder.text("metrics").split(separator: "\n")
            .first { $0.contains("source=\"mirrors\"} ") }
        let fetched = line?.split(separator: " ").last.flatMap { Int($0) }
        let all = try FetchRig.usual.reduce(0) { try $0 + rig.original($1).count }
        let bytes = try #require(fetched)
        #expect(bytes <= all - (8 << 20))
    }

    @Test("while it mends: what came stays, and the next run brings the rest")
    func repairing() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        let size = try rig.original(FetchRig.train).count
        for place in stride(from: 0, to: size, by: 1 << 20) {
            try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: Int64(place))
        }
        let run = try rig.startSync(rig.fromFolder + ["--max-download", "4MiB"])
        let undo = rig.folder["data/tar/.imagenet-fetch/undo/\(FetchRig.train).undo"]
        #expect(eventually { access(undo.description, F_OK) == 0 })
        expectEnd(run)
        #expect(try rig.receipt(FetchRig.train)?.isRevoked != false)
        let healed = try rig.sync(rig.fromFolder)
        #expect(healed.status == 0, "\(healed.errors)")
        #expect(try rig.isWhole(FetchRig.train))
        #expect(access(undo.description, F_OK) != 0)
    }

    @Test("while it proves and while it copies: nothing half-read counts, nothing half-done shows")
    func provingAndCopying() throws {
        let rig = try FetchRig()
        guard let shown = try OtherDisk(than: rig.folder.path) else {
            return print("skipped: there is no other file system to publish on")
        }
        // Some seconds of work that takes no room: a GiB of zeros behind a file of ten bytes.
        try rig.folder.write("0123456789", to: "data/tar/first")
        let path = rig.folder["data/tar/zeros"]
        try FileDescriptor(path, .creating).truncate(to: 1 << 30)
        try rig.folder.write(
            "781e5e245d69b566979b86e28d23f2c7  first\ncd573cfaace07e7949bc0c46028904ff  zeros\n",
            to: "list")
        let words = [
            "sync", "--manifest", rig.folder["list"].description, "--data",
            rig.folder["data"].description, "--reserve", "0", "--no-dht", "--sources", "mirrors",
            "--log", rig.folder["log"].description, "--publish", shown.path.description,
        ]
        let start = {
            try Background(Binary.absolute, words, output: rig.folder["out"].description)
        }
        var run = try start()
        #expect(eventually { isOpen(path, by: run) })
        expectEnd(run)
        #expect(try rig.receipt("first") != nil)
        #expect(try rig.receipt("zeros") == nil)

        run = try start()
        let growing = shown.path.appending(".zeros.new")
        #expect(eventually { access(growing.description, F_OK) == 0 })
        expectEnd(run)
        let names = try Folder(shown.path).entries().map(\.name.description)
        #expect(names.contains("first") && !names.contains("zeros"))
        #expect(!names.contains(".zeros.new"))
        #expect(try rig.receipt("zeros") != nil)

        run = try start()
        #expect(run.wait() == 0)
        #expect(try rig.folder.text("out").isEmpty)
        #expect(try Folder(shown.path).status("zeros")?.size == 1 << 30)
        let log = try rig.folder.text("log")
        #expect(log.count(of: "zeros: verified again") == 1)
        #expect(log.count(of: "first: verified again") == 1)
    }

    /// Whether a program has a file open.
    private func isOpen(_ path: Path, by run: Background) -> Bool {
        (3..<64).contains { descriptor in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/\(run.pid)/fd/\(descriptor)", &target, target.count)
            guard count > 0 else { return false }
            return path.bytes.elementsEqual(target[..<count].map { UInt8(bitPattern: $0) })
        }
    }
}

/// A folder on another file system than the tests', in memory; removed with this.
final class OtherDisk {
    let path: Path

    init?(than other: Path) throws {
        var template = Array("/dev/shm/imagenet-fetch-test-XXXXXX".utf8CString)
        guard access("/dev/shm", W_OK) == 0, mkdtemp(&template) != nil else { return nil }
        path = Path(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
        var (mine, others) = (stat(), stat())
        stat(path.description, &mine)
        stat(other.description, &others)
        if mine.st_dev == others.st_dev { return nil }
    }

    deinit {
        guard let parent = try? Folder(path.parent) else { return }
        try? parent.removeTree(path.lastComponent)
    }
}

extension String {
    /// How often a text stands in it.
    func count(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
