internal import DatasetManifest
public import Disk
internal import TorrentFetch

public struct SyncError: Failure, Equatable {
    public struct Code: Sendable, Hashable {
        let name: String
        public static let newerState = Code(name: "newerState")
        public static let publishedIntoArchives = Code(name: "publishedIntoArchives")
        static let changedWhileCopied = Code(name: "changedWhileCopied")
        public static let notRemembered = Code(name: "notRemembered")
        public static let noSpace = Code(name: "noSpace")
        public static let byHand = Code(name: "byHand")
        public static let somethingElse = Code(name: "somethingElse")
    }

    public let code: Code
    public let message: String
    public let hint: Remedy?

    static func newerState(_ path: Path) -> SyncError {
        SyncError(
            code: .newerState,
            message: "refused to sync: \(path) was written by a newer version of this program, and "
                + "nothing is changed",
            hint: "install that version, or name another folder with \(.stateFolder)")
    }

    /// Damaged files are removed from the published folder.
    static func publishedIntoArchives(_ folder: Path) -> SyncError {
        SyncError(
            code: .publishedIntoArchives,
            message: "refused to publish in \(folder): the archives themselves are there",
            hint: "choose another folder; links to the archives take no space")
    }

    static func changedWhileCopied(_ name: String) -> SyncError {
        SyncError(
            code: .changedWhileCopied,
            message: "\(escaped(name)) was not published: the copy differs from the verified file",
            hint: "the next run verifies it again")
    }

    static func notRemembered(_ name: String, _ reason: String?) -> SyncError {
        SyncError(
            code: .notRemembered,
            message: "\(escaped(name)) is complete, but its receipt cannot be saved"
                + (reason.map { " (\($0))" } ?? ""),
            hint: "make room, or name another folder for the state with \(.stateFolder)")
    }

    /// Other people's files are never replaced.
    static func somethingElse(_ path: Path) -> SyncError {
        SyncError(
            code: .somethingElse,
            message: "refused to replace \(path): sync did not create it",
            hint: "move it away, or publish in another folder")
    }

    /// - Parameter refusal: why they do not fit.
    static func noSpace(for files: [ManifestFile], _ refusal: FetchError) -> SyncError {
        let name = files.first.map { escaped($0.name) } ?? ""
        let more = files.count > 1 ? " and \(files.count - 1) more" : ""
        return SyncError(
            code: .noSpace, message: "\(name)\(more) not fetched: \(refusal.message)",
            hint: refusal.hint)
    }

    /// A file that was selected by name and must be downloaded by hand.
    static func byHand(_ file: ManifestFile, _ how: String?) -> SyncError {
        SyncError(
            code: .byHand,
            message: "\(escaped(file.name)) is missing and must be downloaded by hand"
                + (how.map { ": \(escaped($0))" } ?? ""),
            hint: nil)
    }

    static func noSpace(_ name: String, needed: Int64, reserve: Int64, free: Int64) -> SyncError {
        let kept = reserve > 0 ? ", \(reserve) must stay free" : ""
        return SyncError(
            code: .noSpace,
            message: "\(escaped(name)) was not published: a copy needs \(needed) bytes"
                + "\(kept), and \(free) are free",
            hint: "make room there, or publish on the disk of the archives, where a link will do")
    }
}
