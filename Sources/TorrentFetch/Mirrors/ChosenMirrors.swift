internal import DatasetManifest
internal import Disk

struct ChosenMirrors {
    var mirrors: [Mirror] = []
    /// Addresses for display, and why they are never asked.
    private(set) var refused: [(address: String, why: FetchError)] = []

    /// Adds the addresses that may be asked.
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

    var notes: [String] { refused.map { "ignored a mirror: \($0.why.message)" } }
}
