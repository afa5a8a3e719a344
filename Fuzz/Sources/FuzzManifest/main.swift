import DatasetManifest
import Driver

// What is taken is written and read again, and must be the same.
fuzz { input in
    guard let manifest = try? Manifest(json: input, source: "input") else { return }
    _ = manifest.check()
    let again = try? Manifest(json: manifest.json(), source: "again")
    precondition(again == manifest)
}
