import ArchiveVerify
import Archives
import DatasetExport
import DatasetManifest
import Disk
import Glibc
import MirrorSync
import TorrentFetch

/// An error that knows how a run ends by it. Every library's error type gets its lines below.
protocol ExitStatusGiving: Error {
    var exitStatus: ExitStatus { get }
}

extension UsageError: ExitStatusGiving {
    var exitStatus: ExitStatus { .usage }
}

extension ConfigFault: ExitStatusGiving {
    var exitStatus: ExitStatus { .usage }
}

extension DiskError: ExitStatusGiving {
    var exitStatus: ExitStatus {
        switch code {
        case .noSpace: .noSpace
        case .busy: .busy
        // A path that leads nowhere is a person's slip, not a disk's.
        case .notFound, .isAFolder, .notAFolder, .notAFile: .usage
        default: .diskFault
        }
    }
}

extension ManifestError: ExitStatusGiving {
    var exitStatus: ExitStatus {
        switch code {
        case .unknownPart, .unknownDataSet: .usage
        default: .badInput
        }
    }
}

extension LabelError: ExitStatusGiving {
    /// A file that cannot be read at all ends as its disk or its archive does.
    var exitStatus: ExitStatus {
        code == .unreadable ? cause.map(Report.status) ?? .badInput : .badInput
    }
}

extension ArchiveError: ExitStatusGiving {
    var exitStatus: ExitStatus { cause.map(Report.status) ?? .verificationFailed }
}

extension FetchError: ExitStatusGiving {
    var exitStatus: ExitStatus {
        switch code {
        case .torrentRefused: .badInput
        case .urlRefused, .unverified: .usage
        case .noSpace: .noSpace
        case .mismatch, .noPieces, .foreign: .verificationFailed
        case .changed: .diskFault
        case .noSource: .stalled
        case .network: .unreachable
        case .tls: .tls
        case .mirrorRefused: .refused
        case .stalled: .stalled
        default: .internalError
        }
    }
}

extension VerifyError: ExitStatusGiving {
    // Either a name is wrong, or what would know it was not named.
    var exitStatus: ExitStatus { .usage }
}

extension SyncError: ExitStatusGiving {
    var exitStatus: ExitStatus {
        switch code {
        case .newerState: .badInput
        case .publishedIntoArchives, .somethingElse: .usage
        case .notRemembered: .diskFault
        case .noSpace: .noSpace
        // As `fetch` ends where a file has no source.
        case .byHand: .stalled
        default: .verificationFailed
        }
    }
}

extension UnpinnedTorrent: ExitStatusGiving {
    var exitStatus: ExitStatus { .badInput }
}

extension RepairRefused: ExitStatusGiving {
    var exitStatus: ExitStatus { .verificationFailed }
}

extension Unproven: ExitStatusGiving {
    var exitStatus: ExitStatus { .verificationFailed }
}

extension ExportError: ExitStatusGiving {
    var exitStatus: ExitStatus {
        switch code {
        case .badOption, .exists, .nothingThere: .usage
        case .noSpace: .noSpace
        case .badInput, .brokenOutput, .unwritable, .unsafeArchive: .verificationFailed
        default: .internalError
        }
    }
}

/// A fault of ours: nobody else can do anything about it.
struct InternalError: Failure {
    let message: String
    var hint: Remedy? { "this is a defect of \(Version.name); please report it" }
}

/// What is told about the error that ends a run, and how the run ends by it.
struct Report {
    let console: Console
    var isDebugging = false

    func tell(_ error: any Error) -> Ending {
        // Whoever has closed our output has seen what they wanted to see.
        if let error = error as? DiskError, error.errno == EPIPE { return .exit(.success) }
        if let stopped = error as? Stopped { return .signal(stopped.signal) }
        let failure = error as? any Failure
        console.fail(failure?.message ?? escaped("\(error)"))
        if let hint = failure?.hint ?? (failure == nil ? InternalError(message: "").hint : nil) {
            console.advise(hint)
        }
        if isDebugging { tellCauses(of: failure) }
        return .exit(Self.status(of: error))
    }

    /// For an error after which nothing can go on: locks may be held, so nothing is flushed.
    @Sendable static func endAtOnce(_ error: DiskError) -> Never {
        let text = "\(Version.name): error: \(error.message)\nhint: \(error.hint ?? "")\n"
        _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        _exit(ExitStatus.internalError.rawValue)
    }

    static func status(of error: any Error) -> ExitStatus {
        (error as? any ExitStatusGiving)?.exitStatus ?? .internalError
    }

    /// The number that a shell sees, signals included.
    static func number(of error: any Error) -> Int32 {
        (error as? Stopped).map { 128 + $0.signal } ?? status(of: error).rawValue
    }

    /// How a run ends in which some of the files failed. All for one reason: that reason says more
    /// than "some".
    static func status(of failures: [any Error], among count: Int) -> ExitStatus {
        let statuses = Set(failures.map { status(of: $0) })
        guard let one = statuses.first else { return .success }
        return failures.count == count && statuses.count == 1 ? one : .partial
    }

    private func tellCauses(of failure: (any Failure)?) {
        if let failure {
            console.explain("error: \(escaped(String(reflecting: type(of: failure))))")
        }
        var next = failure?.cause
        // An error that leads to itself must not keep us here.
        for _ in 0..<16 {
            guard let cause = next else { return }
            let failure = cause as? any Failure
            let text = failure?.message ?? escaped("\(cause)")
            console.explain("caused by: \(text) [\(type(of: cause))]")
            next = failure?.cause
        }
    }
}

/// How a run ends.
enum Ending: Equatable, Sendable {
    case exit(ExitStatus)
    case signal(CInt)
}
