internal import DataFolder
internal import DatasetManifest
internal import Disk

// What the sources did: why none is left, and how much came from each.
extension FetchSources {
    var noSource: FetchError {
        FetchError(
            .stalled, "no source is left",
            hint: "name a mirror or a peer with \(.mirror) or \(.peer)")
    }

    var outOfReach: FetchError {
        let asked = mirrorReports.map(\.mirror.shortName)
        return .outOfReach(job.file, [FetchError.swarmName] + asked, mirrorError)
    }

    var mirrorError: FetchError? {
        mirrorReports.compactMap(\.error).reduce(nil) { FetchError.worse($0, $1) }
    }

    func stalled(_ silence: Duration) -> FetchError {
        var tried: [String] = []
        if let swarm {
            let events = swarm.events
            let peers = counted(status.peers, "peer")
            tried.append(
                events.lastTrackerError.map { "the swarm has \(peers) (\(escaped($0)))" }
                    ?? "the swarm has \(peers)")
            if events.badPieces > 0 {
                tried.append("peers sent \(counted(events.badPieces, "wrong piece"))")
            }
        }
        let liars = mirrorReports.filter { $0.strikes > 0 && $0.error == nil }
        for liar in liars {
            let times = liar.strikes == 1 ? "once" : "\(liar.strikes) times"
            tried.append("\(liar.mirror) sent wrong bytes \(times)")
        }
        let silent = (shift?.reports ?? []).filter {
            $0.phase == .active && $0.error == nil && $0.strikes == 0
        }
        if !silent.isEmpty {
            let names = silent.map(\.mirror.description).joined(separator: ", ")
            tried.append("\(names) \(silent.count == 1 ? "sends" : "send") no more data")
        }
        // A lying mirror is not the end while a swarm may still deliver.
        let isHopeless = status.peers == 0
        var code: FetchError.Code = !liars.isEmpty && isHopeless ? .mirrorRefused : .stalled
        if let error = mirrorError {
            if tried.isEmpty { return error }
            tried.append(error.message)
            if error.code != .mirrorRefused || isHopeless { code = error.code }
        }
        return FetchError(
            code,
            "\(escaped(job.file.name)) has stalled: no progress for \(Int(silence.seconds)) s "
                + "(\(tried.isEmpty ? "no source was asked" : tried.joined(separator: "; ")))",
            hint:
                "run the same command again later to continue, or name a source with \(.mirror) or "
                + "\(.peer)")
    }

    func account(in result: inout FetchResult, provenBefore: PieceSet) {
        let proven = staging.proven
        let pieces = (0..<proven.count).filter { proven[$0] && !provenBefore[$0] }
        let arrived = pieces.reduce(Int64(0)) { $0 + Int64(staging.length(of: $1)) }
        for report in mirrorReports {
            if report.provenBytes > 0 {
                result.fromMirrors[report.mirror.description, default: 0] += report.provenBytes
            }
            for (why, bytes) in report.wasted where bytes > 0 {
                result.discarded[why.rawValue, default: 0] += bytes
            }
        }
        result.fromSwarm = torrent == nil ? 0 : max(arrived - result.mirrorBytes, 0)
        if status.failed > 0 { result.discarded["wrong", default: 0] += status.failed }
        if status.redundant > 0 { result.discarded["duplicate", default: 0] += status.redundant }
        // A short connection may fall between two looks.
        result.peakPeers = max(peakPeers, result.fromSwarm > 0 ? 1 : 0)
    }
}

/// "1 piece", "2 pieces".
func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
