// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because it is built with other flags throughout (scripts/fuzz). One target a
// parser of bytes from outside; `Seeds/NAME/` holds what it starts from.

let targets: [(name: String, rooms: [String])] = [
    ("FuzzArchive", ["Archives"]),
    ("FuzzArchiveIndex", ["Archives", "Disk"]),
    ("FuzzBoxes", ["DatasetExport", "Disk"]),
    ("FuzzChecksumList", ["DatasetManifest"]),
    ("FuzzClassIndex", ["DatasetManifest"]),
    ("FuzzConfigFile", ["Disk"]),
    ("FuzzHasherState", ["Checksums"]),
    ("FuzzImage", ["DatasetExport"]),
    ("FuzzJournal", ["DataFolder"]),
    ("FuzzLabels", ["DatasetManifest"]),
    ("FuzzMDSFolder", ["DatasetExport", "Disk"]),
    ("FuzzMagnetLink", ["DatasetManifest"]),
    ("FuzzManifest", ["DatasetManifest"]),
    ("FuzzMatFile", ["DatasetManifest"]),
    ("FuzzMemberWalk", ["Archives", "Disk"]),
    ("FuzzMetainfo", ["TorrentFetch"]),
    ("FuzzPieceMap", ["Checksums", "DataFolder"]),
    ("FuzzReceipt", ["Checksums", "DataFolder"]),
    ("FuzzResponseGate", ["DatasetManifest", "Disk"]),
]

let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "imagenet-fetch", path: "..")],
    targets: [.target(name: "Driver")]
        + targets.map { name, rooms in
            .executableTarget(
                name: name,
                dependencies: ["Driver"]
                    + rooms.map { .product(name: $0, package: "imagenet-fetch") },
                swiftSettings: [.swiftLanguageMode(.v6)])
        }
)
