import DatasetManifest
import Driver

// A class index comes from a mirror, and decides where an archive is read.
fuzz { input in
    guard let file = try? ClassIndexFile(json: input, source: "input") else { return }
    precondition((try? ClassIndexFile(json: file.encoded, source: "encoded")) == file)
    var end: Int64 = 0
    for entry in file.index.entries {
        precondition(entry.range.lowerBound >= end && entry.size >= 0)
        precondition(entry.end >= entry.range.upperBound)
        precondition(file.size.map { entry.range.upperBound <= $0 } ?? true)
        precondition(file.index[entry.wnid] == entry)
        end = entry.end
    }
}
