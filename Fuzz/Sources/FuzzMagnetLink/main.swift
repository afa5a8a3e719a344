import DatasetManifest
import Driver

fuzz { input in
    guard let link = try? MagnetLink(input, source: "input") else { return }
    precondition((try? MagnetLink(link.text, source: "again")) == link)
}
