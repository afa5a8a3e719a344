import Archives
import Disk
import Driver
import Glibc

private let path = "/dev/shm/imagenet-fetch-fuzz-\(getpid())"

fuzz { input in
    let file = fopen(path, "w")
    fwrite(input, 1, input.count, file)
    fclose(file)
    for readsData in [false, true] {
        guard var reader = try? ArchiveReader(Path(path)) else { continue }
        // A bomb is bounded by whoever reads; here by what a fuzzer has time for.
        var entries = 0
        while entries < 1000, let entry = try? reader.next() {
            entries += 1
            guard readsData, entry.kind == .file else { continue }
            _ = try? reader.contents(limit: 1 << 16)
        }
    }
    unlink(path)
}
