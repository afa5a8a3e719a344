import DataFolder
import MirrorSync

// What the last runs did.
extension StatusPage {
    var history: String {
        guard !runs.isEmpty else { return "" }
        let rows = runs.suffix(12).reversed().map { run in
            let kind = run.failures > 0 ? "damaged" : "proven"
            let figures = [
                Shown.bytes(run.bytesFetched), Shown.bytes(run.provenBytes),
                Shown.duration(.seconds(Int64(min(run.seconds, 1e12)))),
                run.rate.map(Shown.rate) ?? "", Shown.count(Int64(run.repairedPieces)),
                Shown.count(Int64(run.failures)),
            ]
            let cells = zip(Self.figures, figures).map { name, figure in
                "<td class=\"number\" data-name=\"\(name)\">\(figure)</td>"
            }
            return "<tr><td><span class=\"dot \(kind)\"></span>\(run.began)</td>"
                + cells.joined() + "</tr>"
        }
        let heads = [("began", false)] + Self.figures.map { ($0, true) }
        return "<h2>Last runs</h2>" + throughput + Self.table("runs", heads, rows.joined())
    }

    private static let figures = [
        "downloaded", "verified", "took", "per second", "pieces repaired", "failures",
    ]

    /// A bar for each run, the oldest on the left; its height is what the run verified per second.
    private var throughput: String {
        let rates = runs.map { $0.rate ?? 0 }
        guard rates.count > 1, let most = rates.max(), most > 0 else { return "" }
        let bars = zip(runs, rates).enumerated().map { index, bar in
            let height = max(Int(bar.1 / most * 100), 1)
            let kind = bar.0.failures > 0 ? "failed" : "proven"
            return """
                <rect class="\(kind)" x="\(index * 4)" y="\(100 - height)" width="3" \
                height="\(height)"><title>\(bar.0.began): \(Shown.rate(bar.1))</title></rect>
                """
        }
        let which = runs.count == 1 ? "run" : "\(runs.count) runs"
        let words = "verified per second in the last \(which), at most \(Shown.rate(most))"
        return """
            <svg class="rates" viewBox="0 0 \(max(runs.count, 60) * 4) 100" preserveAspectRatio="none" \
            role="img" aria-label="\(words)">\(bars.joined())</svg><p class="soft">\(words)</p>
            """
    }
}

extension SyncHistory.Run {
    /// The bytes that were verified per second, downloaded ones included.
    fileprivate var rate: Double? { seconds > 0 ? Double(provenBytes) / seconds : nil }
}
