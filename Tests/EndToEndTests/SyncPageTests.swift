import DataFolder
import Disk
import Support
import Testing

/// The page that people look at.
@Suite(.waiting, .timeLimit(.minutes(15))) struct SyncPageTests {
    @Test("damage that cannot be mended is shown where it is, until it is mended")
    func damage() throws {
        let rig = try FetchRig()
        let page = ["--html", rig.folder["page"].description]
        #expect(try rig.sync(rig.fromFolder + page).status == 0)
        #expect(try !rig.folder.text("page").contains("class=\"damaged\""))
        try rig.damage(rig.folder["data/tar/\(FetchRig.train)"], at: 20_000_000)
        let words = ["--scrub-every", "365d"] + page
        #expect(try rig.sync(words).status == 13)
        let shown = try rig.folder.text("page")
        #expect(shown.contains("damaged, not repaired yet"))
        // One strip with the damage inside, and the rest of the file on both sides of it.
        let bars = shown.ranges(
            of: /rect class="due"[^>]*><rect class="damaged"[^>]*><rect class="due"/)
        #expect(bars.count == 1)
        #expect(try rig.sync(rig.fromFolder + page).status == 0)
        #expect(try !rig.folder.text("page").contains("class=\"damaged\""))
        #expect(try rig.folder.names(in: "data/tar/.imagenet-fetch/damage").isEmpty)
    }

    @Test("a damaged history may hold any number")
    func numbers() throws {
        let rig = try FetchRig()
        let (most, least) = (Int64.max, Int64.min)
        let lines = [
            "imagenet-fetch history 1", "\(UTCTime.now) 1 \(most) \(most) \(most) \(most) \(most)",
            "\(UTCTime.now) \(least) \(least) \(least) \(least) \(least) \(least)", "",
        ]
        try rig.folder.write(
            lines.joined(separator: "\n"), to: "data/tar/.imagenet-fetch/history")
        let result = try Binary.run(
            "status", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
            "--html", rig.folder["page"].description)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try rig.folder.text("page").count(of: "data-name=\"failures\"") == 1)
    }

    @Test("what comes from outside stands for itself and does nothing")
    func escaping() throws {
        let rig = try FetchRig()
        try rig.folder.write(
            """
            {"schema":"imagenet-fetch.manifest/1","name":"own","title":"<script>alert(1)</script>",
            "files":[{"name":"a\\"b<i>&.tar","part":"train","default":true,"size":3,
            "md5":"900150983cd24fb0d6963f7d28e17f72"}]}
            """, to: "own.json")
        let result = try run(
            Binary.absolute,
            [
                "status", "--manifest", rig.folder["own.json"].description, "--data",
                rig.folder["data"].description, "--html", rig.folder["page"].description,
            ])
        #expect(result.status == 0, "\(result.errors)")
        let shown = try rig.folder.text("page")
        #expect(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(shown.contains("a&quot;b&lt;i&gt;&amp;.tar"))
        #expect(!shown.contains("<script") && !shown.contains("<i>"))
    }
}
