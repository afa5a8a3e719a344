import DatasetManifest
import Driver

fuzz { input in _ = try? MatFile(input, name: "input") }
