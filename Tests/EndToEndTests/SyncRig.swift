import DataFolder
import Disk
import Support

// A mirror in a rig's folder: the archives in `data`, the log in `log`.
extension FetchRig {
    /// The words of a sync that reaches nothing beyond this machine.
    func syncWords(_ more: [String], data: String = "data") -> [String] {
        [
            "sync", "--manifest", manifest, "--data", folder[data].description, "--torrent-dir",
            torrents.description, "--no-dht", "--reserve", "0", "--sources", "mirrors",
            "--stall-timeout", "3s", "--log", folder["log"].description,
        ] + more
    }

    func sync(_ more: [String] = [], data: String = "data") throws -> CommandResult {
        try run(Binary.absolute, syncWords(more, data: data))
    }

    func startSync(_ more: [String]) throws -> Background {
        try Background(
            Binary.absolute, syncWords(more), output: folder["out"].description,
            errors: folder["err"].description)
    }

    /// The original's folder as a mirror.
    var fromFolder: [String] { ["--mirror", "\(archives)/"] }

    var receipts: ReceiptStore { DataFolder(folder["data"]).receipts }

    func receipt(_ name: String) throws -> Receipt? {
        guard case .receipt(let receipt) = try receipts.load(name) else { return nil }
        return receipt
    }
}
