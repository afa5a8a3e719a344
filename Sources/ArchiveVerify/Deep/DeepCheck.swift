internal import Archives
public import DatasetManifest
public import Disk

/// Checks that an archive has what it should have, and that each image is complete.
///
///     var check = DeepCheck(file, classes: manifest.classes)
///     let report = try check.run("ILSVRC2012_img_train.tar")
///     for finding in report.findings { print(finding.member, finding.message) }
///
/// Headers are read from front to back, and of each image a few bytes; with an inspector every image
/// is read whole and looked at, on all cores. One that is compressed is decompressed once. Memory does not grow with the archive, but for the
/// names in one folder of it and for what is found.
public struct DeepCheck: Sendable {
    /// How many images and classes there should be, where that is known.
    public var images: Int64?
    public var classes: Int64?
    public var role: ManifestFile.Role
    /// Decodes images; made for each thread.
    public var inspector: (@Sendable () throws -> DatasetCheck.Inspector)?
    public var threads = Workers.processors

    /// - Parameter classes: those of the data set.
    public init(_ file: ManifestFile, classes: Int64?) {
        images = file.images
        role = file.role
        self.classes = file.role == .trainImages ? classes : nil
    }

    /// - Parameter progress: is told up to which byte of the archive about everything was looked
    ///   at, from several threads; what it throws ends the check.
    public func run(
        _ path: Path, progress: @escaping @Sendable (Int64) throws -> Void = { _ in }
    ) throws -> DeepReport {
        try progress(0)
        let walk = try DeepWalk(self, path, progress)
        do {
            let outcome = try MemberWalk(readsData: true).run(path) { member in try walk.add(member)
            }
            return try walk.conclude(outcome)
        } catch let error as ArchiveError {
            return try walk.conclude(error)
        }
    }
}
