import DatasetExport
import Disk
import Driver
import Glibc

/// A folder of one shard and its index, of which the first two bytes say how long the index is.
let path = Path("/dev/shm/imagenet-fetch-fuzz-mds-\(getpid())")

func write(_ bytes: some Sequence<UInt8>, _ name: String) {
    guard let folder = try? Folder(path) else { return }
    try? folder.publish(Path(name), Array(bytes), synced: false)
}

fuzz { input in
    mkdir(path.string ?? "", 0o700)
    defer {
        for name in ["index.json", "shard.00000.mds"] {
            unlink((path.string ?? "") + "/" + name)
        }
        rmdir(path.string ?? "")
    }
    guard input.count >= 2 else { return }
    let length = Int(input[0]) << 8 | Int(input[1])
    write(input.dropFirst(2).prefix(length), "index.json")
    write(input.dropFirst(2 + length), "shard.00000.mds")
    let folder = MDSFolder(path)
    try? folder.verify(threads: 1) { precondition($0.bytes >= 0) }
    // What it makes of a shard must be right about it.
    guard let made = try? folder.reindex(force: true, threads: 1, report: { _ in }) else { return }
    precondition(made.shards == 1 && made.samples >= 0)
    do {
        try folder.verify(threads: 1) { precondition($0.fault == nil) }
    } catch {
        preconditionFailure("an index of our own is refused: \(error)")
    }
}
