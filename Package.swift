// swift-tools-version: 6.2
import PackageDescription

// One list for every Swift target; a room that needs something else says why beside its target.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "Support"] + dependencies,
        exclude: exclude, swiftSettings: settings)
}

// SwiftPM passes on no -D from a .pc file, and libtorrent's change the layout of its structs.
// `scripts/check-torrent-defines` compares this list with pkg-config.
let torrentDefines = [
    "TORRENT_LINKING_SHARED", "BOOST_ASIO_ENABLE_CANCELIO", "BOOST_ASIO_NO_DEPRECATED",
    "TORRENT_USE_OPENSSL", "TORRENT_USE_LIBCRYPTO", "TORRENT_SSL_PEERS", "OPENSSL_NO_SSL2",
    "BOOST_ALL_NO_LIB",
]

// For packages that bring everything with them: a folder of static libraries (scripts/package-tree). It
// must come before the system's folders, which `-Xlinker -L` does not.
let staticLibraries: [LinkerSetting] =
    Context.environment["STATIC_LIBRARIES"].map { [.unsafeFlags(["-L", $0])] } ?? []

let package = Package(
    name: "imagenet-fetch",
    products: [
        .executable(name: "imagenet-fetch", targets: ["imagenet-fetch"]),
        .library(name: "Disk", targets: ["Disk"]),
        .library(name: "Checksums", targets: ["Checksums"]),
        .library(name: "Archives", targets: ["Archives"]),
        .library(name: "DatasetManifest", targets: ["DatasetManifest"]),
        .library(name: "DataFolder", targets: ["DataFolder"]),
        .library(name: "TorrentFetch", targets: ["TorrentFetch"]),
        .library(name: "ArchiveVerify", targets: ["ArchiveVerify"]),
        .library(name: "DatasetExport", targets: ["DatasetExport"]),
        .library(name: "MirrorSync", targets: ["MirrorSync"]),
        .library(name: "SampleData", targets: ["SampleData"]),
    ],
    targets: [
        // 1: what the house stands on
        .systemLibrary(name: "CArchive"),
        .systemLibrary(name: "CBzip2"),
        .systemLibrary(name: "CCrypto"),
        .systemLibrary(name: "CCurl"),
        .systemLibrary(name: "CExpat"),
        .systemLibrary(name: "CHighwayHash"),
        .systemLibrary(name: "CJPEG"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLzma"),
        .systemLibrary(name: "CSquashFS"),
        .systemLibrary(name: "CXXHash"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CZstd"),
        .target(name: "CBuiltIn"),
        .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
        .target(
            name: "CTorrent",
            cxxSettings: torrentDefines.map { .define($0) },
            linkerSettings: [
                .linkedLibrary("torrent-rasterbar"),
                // Boost.Asio inlines calls into OpenSSL, which only optimised builds drop.
                .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]),
        room("Disk", ["CLinux"]),
        room("Checksums", ["CCrypto", "CXXHash"]),
        // 2: what exists, and what is inside
        room(
            "Archives", ["Disk", "CArchive", "CBzip2", "CLzma", "CZlib", "CZstd"]),
        room("DatasetManifest", ["Disk", "Checksums", "Archives", "CBuiltIn", "CExpat", "CZlib"]),
        // 3: what we have
        room("DataFolder", ["Disk", "Checksums", "Archives", "DatasetManifest"]),
        // 4: getting it, proving it, using it
        room(
            "TorrentFetch",
            [
                "Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder", "CTorrent",
                "CCurl",
            ],
            exclude: ["Staging/STATE.md"]),
        room(
            "ArchiveVerify",
            ["Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder"]),
        room(
            "DatasetExport",
            [
                "Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder", "CBzip2",
                "CExpat", "CHighwayHash", "CJPEG", "CPNG", "CSquashFS", "CZlib", "CZstd",
            ]),
        // 5: making a small one
        room(
            "SampleData", ["Disk", "Checksums", "DatasetManifest", "DatasetExport", "CJPEG"]),
        // 5: keeping it
        room(
            "MirrorSync",
            [
                "Disk", "Checksums", "DatasetManifest", "DataFolder", "TorrentFetch",
                "ArchiveVerify",
            ]),
        // 6: the command
        .executableTarget(
            name: "imagenet-fetch",
            dependencies: [
                "Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder", "TorrentFetch",
                "ArchiveVerify", "DatasetExport", "MirrorSync", "SampleData",
                // For the versions that they report of themselves.
                "CArchive", "CCrypto", "CCurl",
            ], swiftSettings: settings, linkerSettings: staticLibraries),

        .target(
            name: "Support", dependencies: ["Disk", "Checksums"], path: "Tests/Support",
            swiftSettings: settings),
        .executableTarget(
            name: "checksum-speed", dependencies: ["Checksums"],
            path: "Tests/Benchmarks/checksum-speed", swiftSettings: settings),
        // A long path, for kernels without netem.
        .executableTarget(name: "delay-relay", path: "Tests/Benchmarks/delay-relay"),
        // The shim from inside: what it throws, and which settings a session really has.
        .target(
            name: "CTorrentTesting", dependencies: ["CTorrent"], path: "Tests/CTorrentTesting",
            cxxSettings: torrentDefines.map { .define($0) } + [
                .headerSearchPath("../../Sources/CTorrent")
            ]),
        tests(of: "Disk"),
        tests(of: "Checksums", ["Disk"]),
        tests(of: "Archives", ["Disk"]),
        tests(
            of: "DatasetManifest", ["Disk", "Checksums", "Archives", "CZlib"], exclude: ["Golden"]),
        tests(of: "DataFolder", ["Disk", "Checksums", "DatasetManifest"]),
        tests(of: "CTorrent", ["CTorrentTesting", "Disk"]),
        tests(
            of: "TorrentFetch",
            ["Disk", "Checksums", "DatasetManifest", "DataFolder", "CTorrent"]),
        tests(
            of: "ArchiveVerify",
            ["Disk", "Checksums", "DatasetManifest", "DataFolder", "DatasetExport", "SampleData"]),
        tests(
            of: "DatasetExport",
            [
                "Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder", "SampleData",
                "CJPEG", "CZlib",
            ],
            exclude: ["Golden"]),
        tests(
            of: "MirrorSync",
            ["Disk", "Checksums", "DatasetManifest", "DataFolder", "TorrentFetch"]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "imagenet-fetch", "Support", "Disk", "DatasetManifest", "TorrentFetch",
                "DatasetExport", "SampleData",
            ],
            swiftSettings: settings),
        // A page of each library, as somebody else would use it: no `@testable`, nothing but what
        // is public.
        .testTarget(
            name: "ExamplesTests",
            dependencies: [
                "Disk", "Checksums", "Archives", "DatasetManifest", "DataFolder", "TorrentFetch",
                "ArchiveVerify", "DatasetExport", "MirrorSync", "SampleData", "Support",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Support", "Disk", "Checksums", "DatasetManifest", "DataFolder"],
            swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)
