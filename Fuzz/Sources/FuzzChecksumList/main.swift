import DatasetManifest
import Driver

fuzz { input in
    guard let list = try? ChecksumList(input, source: "input") else { return }
    _ = try? list.manifest(named: "list", source: "input")
}
