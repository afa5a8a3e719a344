import DataFolder
import DatasetExport
import DatasetManifest
import Disk
import TorrentFetch

/// The answer of `status --check` and `status --nagios`, in one line.
struct StatusVerdict {
    /// In the order of how bad they are.
    enum Level: Int32, Comparable {
        case ok = 0
        /// Complete, but not verified, or not recently.
        case due
        /// Damaged or missing.
        case broken
        /// Nothing could be found out.
        case unknown

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var name: String {
            switch self {
            case .ok: "ok"
            case .due: "due"
            case .broken: "broken"
            case .unknown: "unknown"
            }
        }

        /// The word that Nagios and its kin expect.
        var nagios: String {
            switch self {
            case .ok: "OK"
            case .due: "WARNING"
            case .broken: "CRITICAL"
            case .unknown: "UNKNOWN"
            }
        }
    }

    let level: Level
    let message: String

    /// - Parameter isNamed: whether the files were chosen by name. As in `sync`, a file that nothing
    ///   can verify counts only then.
    init(
        _ section: StatusPage.Section, _ data: DataFolder, maxAge: Duration?, isNamed: Bool,
        now: UTCTime = .now
    ) {
        var findings: [(level: Level, what: String)] = []
        var count = 0
        var bytes: Int64 = 0
        for item in section.plan.items {
            if StatusCommand.isLeftOut(item), !isNamed { continue }
            let name = escaped(item.file.name)
            if let finding = Self.finding(item, data, maxAge: maxAge, now: now) {
                findings.append((finding.level, "\(name) \(finding.what)"))
            }
            count += 1
            let (sum, overflow) = bytes.addingReportingOverflow(max(item.size ?? 0, 0))
            bytes = overflow ? .max : sum
        }
        for output in section.outputs.outputs {
            guard case .broken(let fault) = output.state else { continue }
            findings.append((.broken, "\(output.path) is broken: \(fault)"))
        }
        let worst = findings.max { $0.level < $1.level }
        level = worst?.level ?? .ok
        guard let worst else {
            message =
                "\(Shown.counted(count, "file", "files")), \(Shown.bytes(bytes)), complete and verified"
            return
        }
        let more = findings.count - 1
        message = worst.what + (more > 0 ? ", and \(more) more" : "")
    }

    /// What keeps anything from being found out.
    init(_ error: any Error) {
        level = .unknown
        message = (error as? any Failure)?.message ?? escaped("\(error)")
    }

    private static func finding(
        _ item: FetchPlan.Item, _ data: DataFolder, maxAge: Duration?, now: UTCTime
    ) -> (level: Level, what: String)? {
        switch item.state {
        case .whole(let receipt):
            guard let maxAge else { return nil }
            if let age = receipt.age(at: now), age <= maxAge { return nil }
            return (.due, "was last verified \(receipt.when)")
        // When its pieces were verified is not known, only that nothing has changed since.
        case .classesThere: return maxAge == nil ? nil : (.due, "was verified at an unknown time")
        case .unproven where data.receipts.isRevoked(item.file.name): return (.broken, "is damaged")
        case .unproven: return (.due, "is not verified")
        case .wrongSize, .manual(_, .some): return (.broken, "has the wrong size")
        case .manual: return item.refusal == nil ? nil : (.broken, "is absent")
        case .partial, .candidate, .halfFinished: return (.broken, "is not completely downloaded")
        case .absent: return (.broken, "is absent")
        case .retired, .superseded: return nil
        }
    }

    func tell(_ arguments: Arguments, _ context: Context) throws -> ExitStatus {
        let isForNagios = arguments.status.isForNagios
        if arguments.isJSON {
            try context.console.result(
                .line(
                    schema: "imagenet-fetch.verdict/1",
                    ["verdict": .string(level.name), "message": .string(message)]))
        } else {
            let word = isForNagios ? level.nagios : level.name.uppercased()
            try context.console.result("\(word): \(message)")
        }
        // Those of Nagios are not ours: 1 is a warning, and no internal error.
        if isForNagios { return ExitStatus(rawValue: level.rawValue) ?? .internalError }
        return level == .ok ? .success : .verificationFailed
    }
}
