import DataFolder
import Disk
import Glibc
import Support
import Testing

/// A mirror of a published mirror, run by cron.
@Suite(.waiting, .timeLimit(.minutes(15))) struct SyncUpstreamTests {
    private func publish(_ rig: FetchRig) throws -> NginxServer {
        let words = rig.fromFolder + ["--publish", rig.folder["www"].description]
        #expect(try rig.sync(words).status == 0)
        return try NginxServer(serving: rig.folder["www"], logs: rig.folder.path)
    }

    private func status(_ rig: FetchRig, _ more: String...) throws -> String {
        try run(
            Binary.absolute,
            [
                "status", "--manifest", rig.manifest, "--data", rig.folder["other"].description,
            ] + more
        ).output
    }

    @Test("a stale mirror is one warning, then silence; status and metrics always have it")
    func stale() throws {
        let rig = try FetchRig()
        let server = try publish(rig)
        for source in [server.url, rig.folder["www"].description] {
            try Folder(rig.folder.path).removeTree("other")
            let words = ["--mirror", source, "--metrics", rig.folder["metrics"].description]
            try rig.folder.write("2020-01-02T03:04:05Z\n", to: "www/TRACE")
            let first = try rig.sync(words, data: "other")
            #expect(first.status == 0 && first.output.isEmpty)
            #expect(first.errors.split(separator: "\n").count == 1, "\(first.errors)")
            #expect(first.errors.hasPrefix("imagenet-fetch: warning: "))
            #expect(first.errors.contains(" has not synced since 2020-01-02T03:04:05Z ("))
            for name in FetchRig.usual { #expect(try rig.isWhole(name, data: "other")) }
            let second = try rig.sync(words, data: "other")
            #expect(second.status == 0 && second.errors.isEmpty, "\(second.errors)")
            #expect(try rig.folder.text("log").count(of: "has not synced since") >= 2)
            #expect(try status(rig).contains("\nupstream: \(source)"))
            #expect(try status(rig).contains(" has not synced since 2020-01-02T03:04:05Z"))
            let line = try status(rig, "--json").split(separator: "\n").last ?? ""
            #expect(line.hasPrefix(#"{"schema":"imagenet-fetch.upstream/1","mirror":""#))
            #expect(line.contains(#""lastSync":"2020-01-02T03:04:05Z""#))
            #expect(line.hasSuffix(#""stale":true,"lies":[]}"#), "\(line)")
            let metrics = try rig.folder.text("metrics")
            #expect(metrics.contains("\nimagenet_fetch_upstream_stale{mirror=\"\(source)"))
            #expect(metrics.contains("\nimagenet_fetch_upstream_age_seconds{mirror=\"\(source)"))
        }
    }

    @Test("a mirror whose lists lie gives no payload, and is named")
    func lies() throws {
        let rig = try FetchRig()
        let server = try publish(rig)
        let words = ["--mirror", server.url + "/", "--html", rig.folder["page.html"].description]
        #expect(try rig.sync(words, data: "other").status == 0)
        let sums = try rig.folder.text("www/MD5SUMS") + rig.folder.text("www/SHA256SUMS")
        let line = try #require(
            sums.split(separator: "\n").first { $0.hasSuffix(FetchRig.val) })
        let wrong = line.replacing(line.prefix(1), with: line.hasPrefix("0") ? "1" : "0")
        let list = line.count - FetchRig.val.count == 34 ? "MD5SUMS" : "SHA256SUMS"
        try rig.folder.write(wrong + "\n", to: "www/\(list)")
        unlink(rig.folder["other/tar/\(FetchRig.val)"].description)
        let before = try server.log().count(of: "/\(FetchRig.val) ")
        let lied = try rig.sync(words, data: "other")
        #expect(lied.status != 0)
        #expect(
            lied.errors.contains("its \(list) has another")
                && lied.errors.contains("; nothing is downloaded from it"), "\(lied.errors)")
        #expect(try server.log().count(of: "/\(FetchRig.val) ") == before)
        let page = try rig.folder.text("page.html")
        #expect(page.contains("<h2>Copied from</h2>") && page.contains("; it contradicts the "))
        // What is honest gives it.
        let other = try rig.sync(words + rig.fromFolder, data: "other")
        #expect(other.status == 0, "\(other.errors)")
        #expect(try rig.isWhole(FetchRig.val, data: "other"))
        #expect(try server.log().count(of: "/\(FetchRig.val) ") == before)
    }
}
