// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because libFuzzer brings the `main` of each program. One target a parser of
// bytes from outside; `make fuzz` runs them, `Seeds/NAME/` holds what they start from.

let targets: [(name: String, rooms: [String])] = [
    ("FuzzHasherState", ["Checksums"]),
]

let package = Package(
    name: "Fuzz",
    dependencies: [.package(name: "imagenet-fetch", path: "..")],
    targets: [.target(name: "Driver")] + targets.map { name, rooms in
        .executableTarget(
            name: name,
            dependencies: ["Driver"] + rooms.map { .product(name: $0, package: "imagenet-fetch") },
            swiftSettings: [.swiftLanguageMode(.v6)])
    }
)
