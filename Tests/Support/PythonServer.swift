public import Disk

/// `python3 -m http.server`, as people start it in a folder: it knows no ranges, and has no tags.
public final class PythonServer: Sendable {
    public let url: String
    private let process: Background

    public init(serving folder: Path) throws {
        let port = try freePort()
        url = "http://127.0.0.1:\(port)"
        process = try Background(
            "python3",
            [
                "-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory",
                folder.description,
            ], output: "/dev/null")
        try waitForListener(port, "http.server")
    }
}
