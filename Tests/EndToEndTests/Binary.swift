import Glibc
import Support

/// The program under test: the release binary that `make test` has built, else the one beside the
/// tests.
enum Binary {
    /// A sanitizer takes memory of its own, and neither strace nor faketime lets it work.
    static var isWatched: Bool { getenv("IMAGENET_FETCH_SANITIZER") != nil }

    static var path: String {
        if let path = getenv("IMAGENET_FETCH_BINARY") { return String(cString: path) }
        let bundle = CommandLine.arguments.first ?? ""
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let beside = folder.joined(separator: "/") + "/imagenet-fetch"
        return access(beside, X_OK) == 0 ? beside : ".build/debug/imagenet-fetch"
    }

    static func run(
        _ arguments: String..., in folder: String? = nil, environment: [String: String] = [:]
    ) throws -> CommandResult {
        try Support.run(absolute, arguments, in: folder, environment: environment)
    }

    static var absolute: String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
