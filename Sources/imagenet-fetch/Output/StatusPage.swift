import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import MirrorSync
import TorrentFetch

/// The state of a data folder as one self-contained HTML page.
struct StatusPage {
    struct Section {
        let manifest: Manifest
        let plan: FetchPlan
        let outputs: OutputStates
    }

    let data: DataFolder
    let sections: [Section]
    let runs: [SyncHistory.Run]
    /// How long a verification is valid.
    let interval: Duration
    let now: UTCTime
    /// Commands to run next, one per line.
    let next: [String]

    var html: String {
        let title = "imagenet-fetch: \(Self.safe("\(data.path)"))"
        let body =
            sections.map(section).joined() + outputs + disk + upstreams + history
            + (next.isEmpty
                ? ""
                : "<h2>Next</h2><pre>\(next.map(Self.safe).joined(separator: "\n"))</pre>")
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" \
            content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <link rel="icon" href="data:,">
            <title>\(title)</title><style>\(Self.style)</style></head>
            <body><main><h1>\(title)</h1><p class="soft">as of \(now)</p>\(body)</main></body></html>

            """
    }

    /// Text escaped for HTML, attributes included; control bytes are shown as escapes.
    static func safe(_ text: String) -> String {
        var result = ""
        for scalar in escaped(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    // MARK: Files

    private func section(_ section: Section) -> String {
        let title = section.manifest.title ?? section.manifest.name
        let rows = section.plan.items.map { row($0, section) }.joined()
        let heads = [("file", false), ("size", true), ("state", false), ("parts", false)]
        return "<h2>\(Self.safe(title))</h2>" + Self.table("files", heads, rows) + oldest(section)
    }

    /// A table that scrolls by itself where it is too wide, by keys as well.
    static func table(
        _ name: String, _ heads: [(name: String, isNumber: Bool)], _ rows: String
    ) -> String {
        let heads = heads.map { head in
            "<th scope=\"col\"\(head.isNumber ? " class=\"number\"" : "")>\(head.name)</th>"
        }
        return """
            <div class="wide" role="region" aria-label="\(name)" tabindex="0">\
            <table class="\(name)"><thead><tr>\(heads.joined())</tr></thead>\
            <tbody>\(rows)</tbody></table></div>
            """
    }

    /// The proof that is due first.
    private func oldest(_ section: Section) -> String {
        let ages = section.plan.items.compactMap { item -> (name: String, age: Int64)? in
            guard case .whole(let receipt) = item.state, let age = receipt.age(at: now) else {
                return nil
            }
            return (item.file.name, age.components.seconds)
        }
        guard let oldest = ages.max(by: { $0.age < $1.age }) else { return "" }
        return """
            <p class="soft">oldest verification: \(Self.ago(oldest.age)) \
            (\(Self.safe(oldest.name))); due after \(Self.span(interval.components.seconds))</p>
            """
    }

    private func row(_ item: FetchPlan.Item, _ section: Section) -> String {
        let size = item.size.map { (item.isSizeAbout ? "about " : "") + Shown.bytes($0) }
        let (kind, words) = state(item, section)
        return """
            <tr><td class="name">\(Self.safe(item.file.name))</td>\
            <td class="number">\(size ?? "unknown")</td>\
            <td><span class="dot \(kind)"></span>\(Self.safe(words))</td>\
            <td>\(strip(item, kind, words))</td></tr>
            """
    }

    private func state(
        _ item: FetchPlan.Item, _ section: Section
    ) -> (kind: String, words: String) {
        switch item.state {
        case .whole(let receipt):
            let method = "(\(receipt.proof.rawValue))"
            guard let age = receipt.age(at: now) else {
                return ("due", "verified by a clock that was ahead \(method), due")
            }
            let proof = "verified \(Self.ago(age.components.seconds)) \(method)"
            return age < interval ? ("proven", proof) : ("due", proof + ", due")
        case .classesThere: return ("proven", StatusCommand.state(item, section, data))
        case .retired: return ("proven", "retired: unpacked and removed")
        case .unproven where data.receipts.isRevoked(item.file.name):
            return ("damaged", "damaged, not repaired yet")
        case .unproven: return ("due", "there, not verified")
        case .wrongSize(let size): return ("damaged", "wrong size (\(Shown.bytes(size)))")
        case .partial, .candidate, .halfFinished:
            return ("partial", StatusCommand.state(item, section, data))
        case .absent: return ("absent", "absent")
        case .manual(_, let found?):
            return ("damaged", "wrong size (\(Shown.bytes(found))), download it by hand")
        case .manual: return ("absent", "download it by hand")
        case .superseded: return ("absent", "superseded")
        }
    }

    static func ago(_ seconds: Int64) -> String {
        seconds < 60 ? "just now" : span(seconds) + " ago"
    }

    /// A time in the largest unit that fits.
    private static func span(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        let (length, name) = units.first { seconds >= $0.0 } ?? (1, "second")
        return Shown.counted(Int(clamping: seconds / length), name, name + "s")
    }

    private static let stripes = 120

    /// The file from its first byte to its last, coloured by state.
    private func strip(_ item: FetchPlan.Item, _ kind: String, _ words: String) -> String {
        let isPart = if case .classesThere = item.state { true } else { kind == "partial" }
        let pieces = isPart ? try? data.journal(of: item.file.name)?.pieces : nil
        let damage = kind == "damaged" ? DamageStore(data).load(item.file.name) : []
        var runs: [(kind: String, width: Int)] = []
        for index in 0..<Self.stripes {
            let now =
                switch kind {
                case _ where isPart: Self.stripe(index, of: pieces)
                case "damaged": Self.stripe(index, of: damage, size: item.size ?? 0)
                default: kind
                }
            if runs.last?.kind == now {
                runs[runs.count - 1].width += 1
            } else {
                runs.append((now, 1))
            }
        }
        var x = 0
        var bars = ""
        for run in runs {
            bars += "<rect class=\"\(run.kind)\" x=\"\(x)\" width=\"\(run.width)\" height=\"1\"/>"
            x += run.width
        }
        return """
            <svg viewBox="0 0 \(Self.stripes) 1" preserveAspectRatio="none" role="img" \
            aria-label="\(Self.safe(words))">\(bars)</svg>
            """
    }

    private static func stripe(_ index: Int, of pieces: PieceSet?) -> String {
        guard let pieces, pieces.count > 0 else { return "absent" }
        let range = pieces.count * index / stripes..<pieces.count * (index + 1) / stripes
        let piece = range.isEmpty ? min(range.lowerBound, pieces.count - 1) : range.lowerBound
        return pieces[piece] ? "proven" : "absent"
    }

    /// A stripe with damage is damaged; the others are due. Without known places, all may be
    /// damaged.
    private static func stripe(
        _ index: Int, of damage: [Range<Int64>], size: Int64
    ) -> String {
        if damage.isEmpty { return "damaged" }
        let width = Double(size) / Double(stripes)
        let (begin, end) = (Double(index) * width, Double(index + 1) * width)
        let isHit = damage.contains {
            Double($0.lowerBound) < end && Double($0.upperBound) > begin
        }
        return isHit ? "damaged" : "due"
    }

    // MARK: The rest

    /// Each output once, though several data sets share their folders.
    private var made: [(states: OutputStates, output: FoundOutput)] {
        var seen: Set<Path> = []
        return sections.flatMap { section in
            section.outputs.told.filter { seen.insert($0.shownPath).inserted }
                .map { (section.outputs, $0) }
        }
    }

    /// As in `status`.
    private var outputs: String {
        let rows = made.map { states, output in
            """
            <tr><td class="name">\(Self.safe(states.shown(output.shownPath)))</td>\
            <td><span class="dot \(Self.kind(output))"></span>\
            \(Self.safe(states.text(output)))</td></tr>
            """
        }
        guard !rows.isEmpty else { return "" }
        return "<h2>Outputs</h2>"
            + Self.table("outputs", [("output", false), ("state", false)], rows.joined())
    }

    private static func kind(_ output: FoundOutput) -> String {
        switch output.state {
        case .whole: "proven"
        case .partial: "partial"
        case .broken: "damaged"
        case .unknown: "due"
        case .absent: "absent"
        }
    }

    private var disk: String {
        guard let space = sections.first?.plan.space else { return "" }
        let used = sections.flatMap(\.plan.items).map { item in
            if case .whole(let receipt) = item.state { receipt.identity.size } else { 0 }
        }.limitedSum
        let shown = [
            "\(Shown.bytes(used)) in verified archives",
            "\(Shown.bytes(OutputStates.bytes(made.map(\.output)))) in outputs",
            "\(Shown.bytes(space.bytes)) free",
        ]
        return "<h2>Disk</h2><p>\(shown.joined(separator: ", "))</p>"
    }
}
