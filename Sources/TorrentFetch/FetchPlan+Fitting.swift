public import DatasetManifest
internal import Disk

extension FetchPlan {
    /// Splits the files to download by whether the disk has room for them, in the order of the
    /// plan: small files first.
    ///
    /// A caller that prefers some files to none plans those that fit again.
    public func fitting() -> (files: [ManifestFile], others: [ManifestFile]) {
        guard refusal != nil else { return (items.map(\.file), []) }
        var files: [ManifestFile] = []
        var others: [ManifestFile] = []
        let (beside, overflow) = reserve.addingReportingOverflow(furtherBytes)
        var bytes = overflow ? 0 : max(space.bytes - beside, 0)
        var inodes = space.inodes ?? .max
        for item in items {
            if item.isToDo {
                // A file that needs no more space fits even when the reserve is used up.
                guard item.bytesOnDisk <= bytes, item.inodes <= inodes else {
                    others.append(item.file)
                    continue
                }
                bytes -= item.bytesOnDisk
                inodes -= item.inodes
            }
            files.append(item.file)
        }
        return (files, others)
    }
}
