import DataFolder

/// The lines of `status` about mirrors that `sync` copies from, as the last sync found them.
struct StatusUpstreams {
    private let upstreams: [Upstream]
    private let console: Console
    private let now = UTCTime.now

    init(_ data: DataFolder, _ console: Console) {
        upstreams = UpstreamStore(data).latest
        self.console = console
    }

    func tell() throws {
        for upstream in upstreams {
            try console.result("upstream: \(upstream.sentence(at: now))")
            for lie in upstream.lies {
                try console.result("upstream: \(upstream.mirror) \(lie)")
            }
        }
    }

    func tellAsJSON() throws {
        for upstream in upstreams {
            try console.result(
                .line(
                    schema: "imagenet-fetch.upstream/1",
                    [
                        "mirror": .string(upstream.mirror),
                        "lastSync": upstream.lastSync.map { .string("\($0)") },
                        "ageSeconds": upstream.age(at: now).map { .int($0.components.seconds) },
                        "stale": .bool(upstream.isStale(at: now)),
                        "lies": .array(upstream.lies.map { .string($0) }),
                    ]))
        }
    }
}
