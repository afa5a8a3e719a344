/// How a run ends, for scripts: the numbers are a contract and never change their meaning.
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

    /// What the number means, as the man page says it.
    var meaning: String {
        switch self {
        case .success: "Done, proven."
        case .internalError: "Internal error."
        case .usage: "Usage."
        case .verificationFailed:
            "Verification failed; an archive is damaged or unsafe; a submission is invalid."
        case .noSpace: "Not enough disk space, before or during the run."
        case .stalled: "Stalled: no source delivers."
        case .unreachable: "Network unreachable."
        case .tls: "TLS failure."
        case .refused: "Every mirror refused or lied, and there is no other source."
        case .busy: "Busy: another run holds the lock."
        case .badInput: "A manifest, torrent or label file was refused."
        case .diskFault: "Disk I/O error."
        case .stopped: "Stopped before the end, resumable (time limit)."
        case .partial:
            "Some files done, some not (with one file: that file's own status). "
                + "Verifying ends with 3 when any file failed or is missing."
        }
    }

    /// What the numbers above 128 mean.
    static let signalMeaning = "Ended by signal N."
}
