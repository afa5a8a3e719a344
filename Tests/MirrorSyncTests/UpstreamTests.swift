import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import Support
import Testing
import TorrentFetch

@testable import MirrorSync

/// A mirror of a mirror: what `sync` says of the one that it copies from.
@Suite struct UpstreamTests {
    enum Kind: CaseIterable { case folder, web }

    /// A published folder with two files, and a mirror that copies from it.
    private final class Rig {
        let folder: TemporaryFolder
        var manifest: Manifest
        var options = MirrorSync.Options()
        /// Nobody waits in these tests: the clock is set.
        var now: UTCTime
        private var server: NginxServer?
        let mirror: String

        init(_ kind: Kind) throws {
            folder = try TemporaryFolder()
            var files: [ManifestFile] = []
            for name in ["first", "second"] {
                let bytes = Array("the bytes of \(name)".utf8)
                try folder.write(bytes, to: "from/\(name)")
                files.append(
                    ManifestFile(
                        name: name, part: name, isDefault: true, size: Int64(bytes.count),
                        digests: [Hasher.digest(.md5, bytes)]))
            }
            manifest = try Manifest(name: "own", files: files)
            now = try #require(UTCTime("2026-11-30T06:00:00Z"))
            let from = folder["from"]
            switch kind {
            case .folder: mirror = from.description
            case .web:
                let server = try NginxServer(serving: from)
                self.server = server
                mirror = server.url
            }
            options.fetch.sources = .mirrors
            options.fetch.mirrors = [mirror + "/"]
            options.fetch.reserve = 0
        }

        var data: DataFolder { DataFolder(folder["data"]) }
        var upstream: Upstream? { UpstreamStore(data).latest.first }

        /// What the mirror publishes.
        func publish(_ text: String, as name: String) throws {
            try folder.write(text, to: "from/\(name)")
        }

        func trace(daysAgo days: Double) throws {
            let time = UTCTime(secondsSince1970: now.secondsSince1970 - Int64(days * 86_400))
            try publish("\(time)\n", as: "TRACE")
        }

        func withdraw(_ name: String) { unlink(folder["from/\(name)"].description) }

        func lose(_ name: String) { unlink(data.archive(name).description) }

        /// What a run says of mirrors; news begin with "!".
        func run() throws -> (summary: SyncSummary, said: [String]) {
            let said = Monitor<[String]>([])
            var sync = MirrorSync(data, options)
            sync.wall = { [now] in now }
            let set = MirrorSync.DataSet(manifest, try manifest.select(.defaults))
            let summary = try sync.run([set]) { event in
                guard case .upstream(let text, let isNews) = event else { return }
                said.update { $0.append((isNews ? "!" : "") + text) }
            }
            return (summary, said.read { $0 })
        }

        func pass(days: Int64) {
            now = UTCTime(secondsSince1970: now.secondsSince1970 + days * 86_400)
        }
    }

    @Test("a stale mirror is news once, is used all the same, and is news again after a sync")
    func stale() throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            try rig.trace(daysAgo: 59)
            var (summary, said) = try rig.run()
            #expect(summary.isFine && summary.fetched == ["first", "second"])
            #expect(said.isEmpty)
            rig.pass(days: 2)
            (summary, said) = try rig.run()
            let text = "\(rig.mirror)/ has not synced since 2026-10-02T06:00:00Z (61 days)"
            let shown = kind == .web ? text : text.replacing("from/ ", with: "from ")
            #expect(said == ["!" + shown])
            #expect(summary.isFine)
            #expect(rig.upstream?.isStale(at: rig.now) == true)
            rig.lose("second")
            (summary, said) = try rig.run()
            #expect(said == [shown] && summary.fetched == ["second"])
            try rig.trace(daysAgo: 0.1)
            (_, said) = try rig.run()
            #expect(said.count == 1 && said[0].hasSuffix("2026-12-02T03:36:00Z (2 hours ago)"))
            #expect(try rig.run().said.isEmpty)
            rig.pass(days: 61)
            #expect(try rig.run().said.first?.hasPrefix("!") == true)
        }
    }

    @Test("too old is twice the time after which files are verified again, at least two nights")
    func limit() {
        var options = MirrorSync.Options()
        #expect(options.upstreamAgeLimit == .seconds(60 * 86_400))
        options.scrubInterval = .zero
        #expect(options.upstreamAgeLimit == .seconds(2 * 86_400))
    }

    @Test("a mirror that went back in time is said once, and not used until it has caught up")
    func back() throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            try rig.trace(daysAgo: 1)
            #expect(try rig.run().summary.isFine)
            rig.lose("second")
            // Servers behind one name may be a night apart.
            try rig.trace(daysAgo: 1.9)
            #expect(try rig.run().said.isEmpty)
            rig.lose("second")
            try rig.trace(daysAgo: 11)
            var (summary, said) = try rig.run()
            #expect(said.count == 1)
            #expect(
                said.first?.contains(
                    " went back in time: its TRACE says 2026-11-19T06:00:00Z, and said "
                        + "2026-11-29T06:00:00Z; nothing is downloaded from it") == true)
            #expect(said.first?.hasPrefix("!") == true)
            #expect(summary.fetched.isEmpty && summary.failures.map(\.file?.name) == ["second"])
            // Its best time is what counts.
            #expect(rig.upstream?.age(at: rig.now) == .seconds(86_400))
            (summary, said) = try rig.run()
            #expect(said.first?.hasPrefix("!") == false && summary.fetched.isEmpty)
            try rig.trace(daysAgo: 0)
            (summary, said) = try rig.run()
            #expect(summary.isFine && summary.fetched == ["second"])
            #expect(said.count == 1 && said[0].hasSuffix(" is used again"))
        }
    }

    @Test("a mirror that syncs in the future is not believed, and does not look old later")
    func future() throws {
        let rig = try Rig(.folder)
        try rig.trace(daysAgo: -2)
        let (summary, said) = try rig.run()
        #expect(said.first?.contains("says that it synced in the future, 2026-12-02") == true)
        #expect(summary.fetched.isEmpty)
        try rig.trace(daysAgo: 0)
        #expect(try rig.run().summary.fetched == ["first", "second"])
    }

    @Test(
        "lists that contradict the manifest are a lie, and nothing is downloaded",
        arguments: [
            ("MD5SUMS", "00000000000000000000000000000000  second\n", "another md5 for second"),
            (
                "own.json",
                #"{"schema":"imagenet-fetch.manifest/1","name":"own","files":[{"name":"second","#
                    + #""part":"second","role":"other","size":7,"mirrors":["https://a.example/"]}]}"#,
                "another size for second"
            ),
        ])
    func lists(_ name: String, _ text: String, _ clause: String) throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            try rig.trace(daysAgo: 0)
            try rig.publish(text, as: name)
            var (summary, said) = try rig.run()
            #expect(said.count == 1)
            #expect(
                said.first?.contains("contradicts the manifest: its \(name) has \(clause)") == true,
                "\(said)")
            #expect(summary.fetched.isEmpty && summary.bytesFromMirrors == 0)
            #expect(rig.upstream?.lies.count == 1)
            rig.withdraw(name)
            (summary, said) = try rig.run()
            #expect(summary.isFine && said.count == 1)
            #expect(rig.upstream?.lies == [])
        }
    }

    @Test("a mirror that cannot be asked stays what it was, and grows older")
    func unreachable() throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            try rig.trace(daysAgo: 0)
            try rig.publish("00000000000000000000000000000000  second\n", as: "MD5SUMS")
            #expect(try rig.run().said.count == 1)
            rig.withdraw("TRACE")
            rig.withdraw("MD5SUMS")
            rig.pass(days: 61)
            let (summary, said) = try rig.run()
            #expect(said.count == 2 && said[0].contains("has not synced since"))
            #expect(said[1].contains("contradicts the manifest") && !said[1].hasPrefix("!"))
            #expect(summary.fetched.isEmpty)
        }
    }

    @Test("a folder of archives that nobody publishes is a mirror like any other")
    func ordinary() throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            // Not one of ours.
            try rig.publish("<html>\n", as: "TRACE")
            try rig.publish("00000000000000000000000000000000  second\n", as: "MD5SUMS")
            let (summary, said) = try rig.run()
            #expect(summary.isFine && said.isEmpty && rig.upstream == nil)
            #expect(try Folder(rig.data.state).status("upstreams") == nil)
        }
    }

    @Test("the place that a published manifest names is asked, and left alone when it lies")
    func ownPlace() throws {
        for kind in Kind.allCases {
            let rig = try Rig(kind)
            rig.options.fetch.mirrors = []
            let files = rig.manifest.files.map { file in
                var file = file
                file.mirrors = ["\(rig.mirror)/\(file.name)"]
                return file
            }
            rig.manifest = try Manifest(name: "own", files: files)
            try rig.trace(daysAgo: 0)
            #expect(try rig.run().summary.fetched == ["first", "second"])
            #expect(rig.upstream?.lastSync == rig.now)
            rig.lose("first")
            try rig.trace(daysAgo: 9)
            let (summary, said) = try rig.run()
            #expect(said.count == 1 && summary.fetched.isEmpty)
            // With --sources swarm no mirror is asked for anything.
            rig.pass(days: 1)
            rig.options.fetch.sources = .swarm
            #expect(try rig.run().said.isEmpty)
            #expect(rig.upstream?.asked.description == "2026-11-30T06:00:00Z")
        }
    }

    @Test("digests of files that were verified here count too, and those of a class index")
    func compares() throws {
        let rig = try Rig(.folder)
        let folder = try #require(MirrorFolder(of: rig.mirror, holding: "first"))
        let bytes = Array("the bytes of first".utf8)
        let train = try Manifest(
            name: "own",
            files: [
                ManifestFile(
                    name: "first", part: "first", role: .trainImages, isDefault: true, size: 10_240,
                    digests: [Hasher.digest(.md5, bytes)])
            ])
        let known = UpstreamLists.Known(
            manifest: train, selected: ["first"],
            verified: ["first": [Hasher.digest(.sha256, bytes)]])
        func said(_ name: String, _ text: String) -> [String] {
            UpstreamLists(folder, [known]) { asked, _, _ in asked == name ? Array(text.utf8) : nil }
                .contradictions
        }
        let right = Hasher.digest(.sha256, bytes).hex
        #expect(said("SHA256SUMS", "\(right)  first\n").isEmpty)
        #expect(
            said("SHA256SUMS", "\(right.replacing("a", with: "b"))  first\n")
                == ["contradicts the verified file: its SHA256SUMS has another sha256 for first"])
        #expect(said("SHA256SUMS", "\(right)  other\nnonsense").isEmpty)
        let index = ClassIndexFile(ClassIndex(), of: "first", size: 20_480)
        #expect(
            said("first.classes.json", String(decoding: index.encoded, as: UTF8.self))
                == [
                    "contradicts the manifest: its first.classes.json has another size for first"
                ])
    }

    @Test("the metrics have a line for each mirror, and labels are quoted")
    func metrics() throws {
        let folder = try TemporaryFolder()
        let now = UTCTime.now
        var summary = SyncSummary()
        summary.began = now
        var odd = Upstream(mirror: "/a \"b\" \\\\c", asked: now, ageLimit: .seconds(100))
        odd.lastSync = UTCTime(secondsSince1970: now.secondsSince1970 - 101)
        odd.lies = ["went back in time"]
        let fresh = Upstream(mirror: "https://a.example/", asked: now, ageLimit: .seconds(100))
        try SyncMetrics(folder["m"]).write(summary, exitStatus: 0, upstreams: [odd, fresh])
        let text = try folder.text("m")
        let label = #"{mirror="/a \"b\" \\\\c"}"#
        #expect(text.contains("\nimagenet_fetch_upstream_age_seconds\(label) 101\n"))
        #expect(text.contains("\nimagenet_fetch_upstream_stale\(label) 1\n"))
        #expect(text.contains("\nimagenet_fetch_upstream_lies\(label) 1\n"))
        #expect(
            text.contains("\nimagenet_fetch_upstream_stale{mirror=\"https://a.example/\"} 0\n"))
        #expect(!text.contains("upstream_age_seconds{mirror=\"https://a.example/\"}"))
    }
}
