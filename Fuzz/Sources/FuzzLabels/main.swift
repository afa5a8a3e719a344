import DatasetManifest
import Disk
import Driver
import Glibc

// Whatever a person names with --val-labels or --classes: texts of several forms, archives, box
// files. Through a file in memory, because that is how labels are read.
private let path = "/dev/shm/imagenet-fetch-fuzz-\(getpid())"

fuzz { input in
    let file = fopen(path, "w")
    fwrite(input, 1, input.count, file)
    fclose(file)
    if let labels = try? LabelSource.file(Path(path)).read() {
        for format in LabelFormat.allCases { _ = try? labels.lines(as: format) }
        _ = labels.lookup("1")
    }
    unlink(path)
    if let list = try? ClassList(input) { precondition(!list.wnids.isEmpty) }
}
