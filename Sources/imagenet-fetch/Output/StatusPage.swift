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
            sections.map(section).joined() + outputs + disk + history
            + (next.isEmpty
                ? ""
                : "<h2>Next</h2><pre>\(next.map(Self.safe).joined(separator: "\n"))</pre>")
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title><style>\(Self.style)</style></head>
            <body><main><h1>\(title)</h1><p class="when">as of \(now)</p>\(body)</main></body></html>

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
        let rows = section.plan.items.map(row).joined()
        return """
            <h2>\(Self.safe(title))</h2><div class="wide"><table class="files"><thead><tr><th>file</th>\
            <th class="number">size</th><th>state</th><th>pieces</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div>
            """
    }

    private func row(_ item: FetchPlan.Item) -> String {
        let size = item.size.map { (item.isSizeAbout ? "about " : "") + Shown.bytes($0) }
        let (kind, words) = state(item)
        return """
            <tr><td class="name">\(Self.safe(item.file.name))</td>\
            <td class="number">\(size ?? "unknown")</td>\
            <td><span class="dot \(kind)"></span>\(Self.safe(words))</td>\
            <td>\(strip(item, kind))</td></tr>
            """
    }

    private func state(_ item: FetchPlan.Item) -> (kind: String, words: String) {
        switch item.state {
        case .whole(let receipt):
            let method = "(\(receipt.proof.rawValue))"
            guard let age = receipt.age(at: now) else {
                return ("due", "verified by a clock that was ahead \(method), due")
            }
            let proof = "verified \(Self.ago(age.components.seconds)) \(method)"
            return age < interval ? ("proven", proof) : ("due", proof + ", due")
        case .classesThere: return ("proven", "chosen classes verified")
        case .retired: return ("proven", "retired: unpacked and removed")
        case .unproven where data.receipts.isRevoked(item.file.name):
            return ("damaged", "damaged, not repaired yet")
        case .unproven: return ("due", "there, not verified")
        case .wrongSize(let size): return ("damaged", "wrong size (\(Shown.bytes(size)))")
        case .partial, .candidate, .halfFinished: return ("partial", "partial")
        case .absent: return ("absent", "absent")
        case .manual(_, let found?):
            return ("damaged", "wrong size (\(Shown.bytes(found))), download it by hand")
        case .manual: return ("absent", "download it by hand")
        case .superseded: return ("absent", "superseded")
        }
    }

    /// An age in the largest unit that fits.
    static func ago(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        for (length, name) in units where seconds >= length {
            let count = seconds / length
            return "\(count) \(name)\(count == 1 ? "" : "s") ago"
        }
        return "just now"
    }

    private static let stripes = 120

    /// The file from its first byte to its last, coloured by state.
    private func strip(_ item: FetchPlan.Item, _ kind: String) -> String {
        let pieces = kind == "partial" ? try? data.journal(of: item.file.name)?.pieces : nil
        let damage = kind == "damaged" ? DamageStore(data).load(item.file.name) : []
        var runs: [(kind: String, width: Int)] = []
        for index in 0..<Self.stripes {
            let now =
                switch kind {
                case "partial": Self.stripe(index, of: pieces)
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
            aria-label="\(kind)">\(bars)</svg>
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
        return """
            <h2>Outputs</h2><div class="wide"><table class="outputs"><thead><tr><th>output</th>\
            <th>state</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
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

    private var history: String {
        guard !runs.isEmpty else { return "" }
        let rows = runs.suffix(12).reversed().map { run in
            let rate = run.seconds > 0 ? Shown.rate(Double(run.provenBytes) / run.seconds) : ""
            let kind = run.failures > 0 ? "damaged" : "proven"
            let figures = [
                Shown.bytes(run.bytesFetched), Shown.bytes(run.provenBytes), rate,
                "\(run.repairedPieces)", "\(run.failures)",
            ]
            let cells = zip(Self.figures, figures).map { name, figure in
                "<td class=\"number\" data-name=\"\(name)\">\(figure)</td>"
            }
            return "<tr><td><span class=\"dot \(kind)\"></span>\(run.began)</td>"
                + cells.joined() + "</tr>"
        }
        let heads = Self.figures.map { "<th class=\"number\">\($0)</th>" }.joined()
        return """
            <h2>Last runs</h2><div class="wide"><table class="runs"><thead><tr><th>began</th>\
            \(heads)</tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private static let figures = [
        "downloaded", "verified", "per second", "pieces repaired", "failures",
    ]

    private static let style = """
        :root{color-scheme:light dark;--back:#fff;--text:#1c2024;--soft:#60646c;--line:#e0e1e6;\
        --proven:#2b9a66;--due:#e2a336;--damaged:#d13438;--partial:#3e7bd6;--absent:#d9d9e0}
        @media(prefers-color-scheme:dark){:root{--back:#111113;--text:#edeef0;--soft:#b0b4ba;\
        --line:#363a3f;--absent:#43484e}}
        body{margin:0;background:var(--back);color:var(--text);\
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
        main{max-width:70rem;margin:0 auto;padding:1rem}
        h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin-top:2rem}
        .when{color:var(--soft)}.wide{overflow-x:auto}
        table{border-collapse:collapse;width:100%}
        th,td{padding:.35rem .8rem .35rem 0;text-align:left;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--soft)}.files td{white-space:nowrap}\
        .files td:last-child{width:60%}.outputs td{overflow-wrap:anywhere}
        @media(max-width:45rem){.files thead{display:none}.files tr{display:grid;\
        grid-template-columns:1fr auto;border-bottom:1px solid var(--line);padding:.4rem 0}\
        .files td{border:0;padding:.15rem 0;white-space:normal;overflow-wrap:anywhere}\
        .files td:nth-child(3),.files td:last-child{grid-column:1/-1;width:auto}
        .runs thead{display:none}.runs tr{display:grid;grid-template-columns:1fr 1fr 1fr;\
        border-bottom:1px solid var(--line);padding:.4rem 0}\
        .runs td{border:0;padding:.15rem 0;text-align:left}.runs td:first-child{grid-column:1/-1}\
        .runs td::before{content:attr(data-name);display:block;color:var(--soft);font-size:.8rem}\
        .runs td:first-child::before{display:none}}
        .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .dot{display:inline-block;width:.6rem;height:.6rem;border-radius:50%;margin-right:.5rem}
        span.proven{background:var(--proven)}span.due{background:var(--due)}\
        span.damaged{background:var(--damaged)}span.partial{background:var(--partial)}\
        span.absent{background:var(--absent)}
        svg{display:block;width:100%;min-width:8rem;height:.8rem;border-radius:2px}
        rect.proven{fill:var(--proven)}rect.due{fill:var(--due)}rect.damaged{fill:var(--damaged)}\
        rect.partial{fill:var(--partial)}rect.absent{fill:var(--absent)}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.8rem;border:1px solid var(--line);border-radius:6px}
        """
}
