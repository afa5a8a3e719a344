import ArchiveVerify
import Archives
import DatasetExport
import DatasetManifest
import Disk
import Glibc
import MirrorSync
import TorrentFetch

/// A bug of ours, which nobody else can fix.
struct InternalError: Failure {
    let message: String
    var hint: Remedy? { "this is a bug in \(Version.name); please report it" }
}

/// Reports the error that ends a run, and its exit status.
struct Report {
    let console: Console
    var isDebugging = false
    /// Whether the command, stopped and started again, goes on from where it was.
    var continues = false

    func tell(_ error: any Error) -> Ending {
        // Somebody who closed our output has seen enough.
        if let error = error as? DiskError, error.errno == EPIPE { return .exit(.success) }
        if let stopped = error as? Stopped {
            console.tellStop(continues: continues)
            return .signal(stopped.signal)
        }
        let failure = error as? any Failure
        console.fail(failure?.message ?? escaped("\(error)"))
        if let hint = failure?.hint ?? (failure == nil ? InternalError(message: "").hint : nil) {
            console.advise(hint)
        }
        if isDebugging { tellCauses(of: failure) }
        return .exit(Self.status(of: error))
    }

    /// For an error after which nothing can go on. Locks may be held, so nothing is flushed.
    @Sendable static func endAtOnce(_ error: DiskError) -> Never {
        let text = "\(Version.name): error: \(error.message)\nhint: \(error.hint ?? "")\n"
        _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        _exit(ExitStatus.internalError.rawValue)
    }

    static func status(of error: any Error) -> ExitStatus {
        switch error {
        case is UsageError, is ConfigFault, is VerifyError: .usage
        case is RepairRefused, is Unproven: .verificationFailed
        case is UnpinnedTorrent: .badInput
        case let error as DiskError: status(of: error)
        case let error as ManifestError:
            [.unknownPart, .unknownDataSet].contains(error.code) ? .usage : .badInput
        // A file that cannot be read ends the run as its disk or its archive does.
        case let error as LabelError:
            error.code == .unreadable ? error.cause.map { status(of: $0) } ?? .badInput : .badInput
        case let error as ArchiveError: error.cause.map { status(of: $0) } ?? .verificationFailed
        case let error as FetchError: status(of: error)
        case let error as SyncError: status(of: error)
        case let error as ExportError: status(of: error)
        default: .internalError
        }
    }

    private static func status(of error: DiskError) -> ExitStatus {
        switch error.code {
        case .noSpace: .noSpace
        case .busy, .perhapsBusy: .busy
        // A wrong path is the person's mistake, not the disk's.
        case .notFound, .isAFolder, .notAFolder, .notAFile: .usage
        default: .diskFault
        }
    }

    private static func status(of error: FetchError) -> ExitStatus {
        switch error.code {
        case .torrentRefused: .badInput
        case .urlRefused, .unverified, .noClasses, .noMember, .notSeedable: .usage
        case .noSpace: .noSpace
        case .mismatch, .noPieces, .foreign, .unsafeMember, .notVerified: .verificationFailed
        case .changed: .diskFault
        case .network: .unreachable
        case .tls: .tls
        case .mirrorRefused: .refused
        case .noSource, .stalled: .stalled
        default: .internalError
        }
    }

    private static func status(of error: SyncError) -> ExitStatus {
        switch error.code {
        case .newerState: .badInput
        case .publishedIntoArchives, .somethingElse: .usage
        case .notRemembered: .diskFault
        case .noSpace: .noSpace
        // As `fetch` ends without a source.
        case .byHand: .stalled
        default: .verificationFailed
        }
    }

    private static func status(of error: ExportError) -> ExitStatus {
        switch error.code {
        case .badOption, .exists, .nothingThere: .usage
        case .noSpace: .noSpace
        case .badInput, .brokenOutput, .unwritable, .unsafeArchive: .verificationFailed
        default: .internalError
        }
    }

    /// The status that a shell sees, signals included.
    static func number(of error: any Error) -> Int32 {
        (error as? Stopped).map { 128 + $0.signal } ?? status(of: error).rawValue
    }

    /// The status of a run in which some files failed. A single common reason says more than
    /// "some".
    static func status(of failures: [any Error], among count: Int) -> ExitStatus {
        let statuses = Set(failures.map { status(of: $0) })
        guard let one = statuses.first else { return .success }
        return failures.count == count && statuses.count == 1 ? one : .partial
    }

    /// Works on each item and reports failures; the only item's failure ends the run.
    static func each<Item>(
        of items: [Item], _ context: Context, _ work: (Item) throws -> Void,
        beforeReport: () -> Void = {}
    ) throws -> ExitStatus {
        var failures: [any Error] = []
        for item in items {
            do {
                try work(item)
            } catch let error as Stopped {
                throw error
            } catch {
                if items.count == 1 { throw error }
                beforeReport()
                _ = Report(console: context.console).tell(error)
                failures.append(error)
            }
        }
        return status(of: failures, among: items.count)
    }

    private func tellCauses(of failure: (any Failure)?) {
        if let failure {
            console.explain("error: \(escaped(String(reflecting: type(of: failure))))")
        }
        var next = failure?.cause
        // Guards against a cycle of causes.
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
