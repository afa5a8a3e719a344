import ArchiveVerify
import DataFolder
import DatasetManifest
import Disk

/// `verify --classes`: proves the chosen classes of archives of class tars, whole or not.
struct VerifyClasses {
    let classes: ClassSelection
    let verifier: Verifier
    let data: DataFolder
    let context: Context

    /// - Throws: the reason to stop; `DiskError` and `ArchiveError` for an archive that cannot be
    ///   read.
    func run(_ files: [ManifestFile], _ stop: StopRequest, _ report: VerifyReport) throws {
        for file in files {
            let result = try verify(file, stop, report)
            if !result.badPieces.isEmpty { forget(result.badPieces, of: file, result.target.path) }
            report.tell(result)
        }
    }

    private func verify(
        _ file: ManifestFile, _ stop: StopRequest, _ report: VerifyReport
    ) throws -> Verification {
        let found = try data.look(for: file.name)
        let path = found.final == nil ? data.staging(file.name) : data.archive(file.name)
        let target = Target(
            path, file, data: data, size: (found.final ?? found.staging)?.size, receipt: nil)
        guard !target.isMissing else { return Verification(missing: target) }
        guard let map = verifier.pieces(of: target) else {
            return Verification(withoutPieces: target)
        }
        let index = try? data.classIndexes.load(file.name, size: map.size)
        let tars = try ClassTars(
            classes.wnids, in: path,
            readable: found.final == nil ? found.journal?.present ?? [] : nil,
            index: index)
        return try ClassProof(target, classes, tars, map, verifier).run(stop: stop.asCheck) {
            report.show($0)
        }
    }

    /// Has the wrong pieces of an unfinished file downloaded again.
    private func forget(_ pieces: [Int], of file: ManifestFile, _ path: Path) {
        guard path == data.staging(file.name) else { return }
        do throws(DiskError) {
            try data.forget(pieces, of: file.name)
        } catch {
            context.console.warn(
                "cannot record the damage of \(path) (\(error.message)): verify it again when no "
                    + "other run uses the folder")
        }
    }
}
