import DataFolder
import Disk
import Glibc
import Support
import Testing

/// The page of `status --html`: what it shows, and that everybody can read it.
@Suite(.waiting) struct StatusPageTests {
    private func page(_ rig: FetchRig, _ more: String...) throws -> String {
        let words = [
            "status", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
        ]
        let result = try run(
            Binary.absolute, words + ["--html", rig.folder["page"].description] + more)
        #expect(result.status == 0, "\(result.errors)")
        return try rig.folder.text("page")
    }

    @Test("a partial archive is shown with its percent and its classes")
    func parts() throws {
        let rig = try FetchRig()
        let listed = try run(
            Binary.absolute,
            ["list", "--no-nested", rig.archives.appending(FetchRig.train).description])
        let wnid = try #require(listed.output.firstMatch(of: /n[0-9]{8}/)).output
        let fetched = try rig.fetch(
            "--only-train", "--classes", String(wnid), "--sources", "mirrors", "--mirror",
            "\(rig.archives)/")
        #expect(fetched.status == 0, "\(fetched.errors)")
        let shown = try page(rig)
        #expect(
            shown.contains(#/</span>partial, [0-9]+ % \([^)]+\), [1-4] of 5 classes verified</#))
        #expect(shown.contains(/aria-label="partial, [0-9]+ %/))
        // Some of its strip is there and some is not.
        #expect(shown.contains(/<rect class="proven"[^>]*><rect class="absent"/))
        #expect(try page(rig, "--classes", String(wnid)).contains("1 of 1 chosen class verified<"))
    }

    @Test("how old each proof is, which is the oldest, and how fast the last runs were")
    func history() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        let lines = [
            "imagenet-fetch history 1", "2026-01-01T01:00:00Z 2000 0 4194304 4194304 0 0",
            "2026-01-02T01:00:00Z 4000 0 0 4194304 1 1",
            "2026-01-03T01:00:00Z 0 0 0 0 0 1", "",
        ]
        try rig.folder.write(
            lines.joined(separator: "\n"), to: "data/tar/.imagenet-fetch/history")
        let shown = try page(rig)
        #expect(shown.count(of: "</span>verified just now (digests)</td>") == 3)
        #expect(shown.contains("oldest verification: just now (ILSVRC2012_"))
        #expect(shown.contains("due after 30 days"))
        #expect(
            shown.contains("verified per second in the last 3 runs, at most 2.0 MiB/s"))
        #expect(shown.contains(/height="100"><title>2026-01-01T01:00:00Z: 2.0 MiB\/s</))
        #expect(shown.contains(/height="50"><title>2026-01-02T01:00:00Z: 1.0 MiB\/s</))
        #expect(shown.contains("data-name=\"per second\">1.0 MiB/s</td>"))
        #expect(shown.contains("data-name=\"took\">00:04</td>"))
    }

    @Test("outputs of every kind are shown with their state")
    func outputs() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        for kind in ["mds", "tfrecord", "tfds"] {
            let made = try run(
                Binary.absolute,
                [
                    kind, "--only-val", "--manifest", rig.manifest, "--data",
                    rig.folder["data"].description, "--quiet",
                ])
            #expect(made.status == 0, "\(made.errors)")
        }
        unlink(rig.folder["data/mds/ILSVRC2012_img_val/shard.00000.mds"].description)
        let shown = try page(rig)
        #expect(
            shown.contains(
                #/mds/ILSVRC2012_img_val</td><td><span class="dot damaged"></span>broken: /#))
        #expect(
            shown.contains(
                #/tfrecord/ILSVRC2012_img_val</td><td><span class="dot proven"></span>complete, /#))
        #expect(shown.contains(#/tfds[^<]*</td><td><span class="dot proven"></span>complete, /#))
        #expect(
            shown.contains(
                #/mds/ILSVRC2012_img_train</td><td><span class="dot absent"></span>absent/#))
    }

    @Test("it makes the page, and no folder")
    func noFolders() throws {
        let rig = try FetchRig()
        _ = try page(rig)
        #expect(try rig.folder.names() == ["page"])
        let refused = try run(
            Binary.absolute,
            [
                "status", "--manifest", rig.manifest, "--data", rig.folder["data"].description,
                "--html", rig.folder["other/page"].description,
            ])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("other: no such file or directory"))
        #expect(try rig.folder.names() == ["page"])
    }

    // MARK: For everybody

    @Test("the page needs nothing else, runs nothing, and can be used by keys and by ear")
    func alone() throws {
        let rig = try FetchRig()
        #expect(try rig.sync(rig.fromFolder).status == 0)
        let shown = try page(rig)
        for foreign in ["<script", "javascript:", " src=", "url(", "@import", " on"] {
            let found = shown.matches(of: /<[^>]*>/).contains { $0.output.contains(foreign) }
            #expect(!found, "\(foreign)")
        }
        #expect(shown.matches(of: /href="([^"]*)"/).map(\.output.1) == ["data:,"])
        #expect(shown.contains("default-src 'none'; style-src 'unsafe-inline'"))
        #expect(shown.contains("<html lang=\"en\">"))
        // What scrolls can be reached by keys, in the order of the page.
        let regions = shown.matches(of: /<div class="wide"([^>]*)>/).map(\.output.1)
        #expect(!regions.isEmpty)
        #expect(regions.allSatisfy { $0.contains("tabindex=\"0\"") && $0.contains("aria-label=") })
        #expect(shown.matches(of: /tabindex="([^"]*)"/).allSatisfy { $0.output.1 == "0" })
        #expect(shown.contains(".wide:focus-visible{outline:"))
        let pictures = shown.matches(of: /<svg([^>]*)>/).map(\.output.1)
        #expect(pictures.allSatisfy { $0.contains("role=\"img\"") && $0.contains("aria-label=") })
        #expect(shown.matches(of: /<h([0-9])/).map(\.output.1).starts(with: ["1", "2"]))
    }

    @Test("text has a contrast of 4.5 to 1, the colours of states 3 to 1, by day and by night")
    func contrast() throws {
        let shown = try page(try FetchRig())
        let style = try #require(shown.firstMatch(of: /<style>([^<]*)</)).output.1
        let roots = style.matches(of: /:root\{([^}]*)\}/).map { Self.colours($0.output.1) }
        try #require(roots.count == 2)
        let schemes = [roots[0], roots[0].merging(roots[1]) { $1 }]
        // Text has one of these colours, and nothing behind it but the page.
        let texts = style.matches(of: /[;{]color:([^;}]*)/).map(\.output.1)
        #expect(Set(texts) == ["var(--text)", "var(--soft)"])
        let backs = style.matches(of: /([a-z.]+)\{[^}]*background:([^;}]*)/).map(\.output)
        for back in backs {
            #expect(back.1 == "body" ? back.2 == "var(--back)" : back.1.hasPrefix("span."))
        }
        for scheme in schemes {
            let back = try #require(scheme["back"])
            for text in ["text", "soft"] {
                #expect(Self.contrast(try #require(scheme[text]), back) >= 4.5, "\(text)")
            }
            for state in ["proven", "due", "damaged", "partial"] {
                #expect(Self.contrast(try #require(scheme[state]), back) >= 3, "\(state)")
            }
        }
        #expect(abs(Self.contrast([0, 0, 0], [255, 255, 255]) - 21) < 0.01)
    }

    private static func colours(_ declarations: Substring) -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for found in declarations.matches(of: /--([a-z]+):#([0-9a-f]+)/) {
            var digits = found.output.2.compactMap(\.hexDigitValue)
            if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
            result[String(found.output.1)] = stride(from: 0, to: 6, by: 2).map {
                Double(digits[$0] * 16 + digits[$0 + 1])
            }
        }
        return result
    }

    /// As WCAG 2 defines it.
    private static func contrast(_ one: [Double], _ other: [Double]) -> Double {
        let lights = [one, other].map { colour in
            let linear = colour.map { channel in
                let part = channel / 255
                return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        }.sorted()
        return (lights[1] + 0.05) / (lights[0] + 0.05)
    }
}
