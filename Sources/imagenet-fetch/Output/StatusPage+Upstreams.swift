import DataFolder

// The mirrors that `sync` copies from.
extension StatusPage {
    var upstreams: String {
        let found = UpstreamStore(data).latest
        if found.isEmpty { return "" }
        let lines = found.map { upstream in
            let isFine = upstream.lies.isEmpty && !upstream.isStale(at: now)
            let words = ([upstream.sentence(at: now)] + upstream.lies).joined(separator: "; it ")
            return "<p><span class=\"dot \(isFine ? "proven" : "damaged")\"></span>"
                + Self.safe(words) + "</p>"
        }
        return "<h2>Copied from</h2>" + lines.joined()
    }
}
