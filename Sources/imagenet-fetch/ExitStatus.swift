/// How a run ends. Scripts rely on these numbers: they never change their meaning.
enum ExitStatus: Int32, CaseIterable, Sendable {
    case success = 0
    case internalError = 1
    case usage = 2
    case verificationFailed = 3
    case noSpace = 4
    case stalled = 5
    case unreachable = 6
    case tls = 7
    case refused = 8
    case busy = 9
    case badInput = 10
    case diskFault = 11
    case stopped = 12
    case partial = 13

    /// The meaning, for the man page.
    var meaning: String {
        switch self {
        case .success: "Done, verified."
        case .internalError: "Internal error."
        case .usage: "Usage error."
        case .verificationFailed:
            "Verification failed; an archive is damaged or unsafe; a submission is invalid."
        case .noSpace: "Not enough disk space, before or during the run."
        case .stalled: "Stalled: no source delivers data."
        case .unreachable: "Network unreachable."
        case .tls: "TLS failure."
        case .refused: "Every mirror refused or sent wrong data, and there is no other source."
        case .busy: "Busy: another run holds the lock."
        case .badInput: "A manifest, torrent or label file was refused."
        case .diskFault: "Disk I/O error."
        case .stopped: "Stopped at the time limit; the next run resumes."
        case .partial:
            "Some files succeeded, some failed (with one file: that file's own status). "
                + "verify exits with 3 when any file failed or is missing."
        }
    }

    /// All statuses with their meanings, for the documents.
    static let table =
        allCases.map { (status: "\($0.rawValue)", meaning: $0.meaning) }
        + [(status: "128+N", meaning: "Ended by signal N.")]
}
