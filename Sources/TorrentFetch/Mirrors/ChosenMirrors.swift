internal import DatasetManifest
internal import Disk

/// The mirrors of one file, and the addresses that are none of them.
struct ChosenMirrors {
    var mirrors: [Mirror] = []
    /// As they can be shown, and why they are never asked.
    private(set) var refused: [(address: String, why: FetchError)] = []

    /// Those of the addresses that may be asked.
    mutating func take(
        _ addresses: [String], for file: ManifestFile, allowsInsecureHTTP: Bool
    ) -> [Mirror] {
        var taken: [Mirror] = []
        for address in addresses {
            do throws(FetchError) {
                taken.append(
                    try Mirror(
                        address, fileName: file.name, account: file.account,
                        allowsInsecureHTTP: allowsInsecureHTTP))
            } catch {
                refused.append((URLParts(address)?.shown ?? escaped(address), error))
            }
        }
        return taken
    }

    /// The sentences about what is left out.
    var notes: [String] { refused.map { "ignored a mirror: \($0.why.message)" } }
}
