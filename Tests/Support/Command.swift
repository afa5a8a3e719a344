internal import Disk
internal import Glibc

/// A program run to its end, with what it said.
public struct CommandResult: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String
}

/// Runs a program (found in PATH unless it has a slash) and waits for it.
///
/// What it prints goes to files, so that it can say more than a pipe holds. A status of 128+N is
/// an end by signal N.
public func run(
    _ program: String, _ arguments: [String] = [], in folder: String? = nil,
    environment: [String: String] = [:]
) throws -> CommandResult {
    let scratch = try TemporaryFolder()
    let (out, err) = (scratch["out"], scratch["err"])
    var pid = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, out.description, flags, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, err.description, flags, 0o600)
    let words = (folder.map { ["env", "-C", $0] } ?? []) + [program] + arguments
    let variables = currentEnvironment().merging(environment) { $1 }.map { "\($0)=\($1)" }
    let failure = withCStrings(words) { argv in
        withCStrings(variables) { envp in
            posix_spawnp(&pid, words[0], &actions, nil, argv, envp)
        }
    }
    guard failure == 0 else { throw CannotRun(program: program, errno: failure) }
    var status: CInt = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let ended = status & 0x7F
    return CommandResult(
        status: ended == 0 ? (status >> 8) & 0xFF : 128 + ended,
        output: try scratch.text("out"), errors: try scratch.text("err"))
}

struct CannotRun: Error {
    let program: String
    let errno: CInt
}

private func currentEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
        let text = String(cString: entry)
        if let equals = text.firstIndex(of: "=") {
            result[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        next += 1
    }
    return result
}

private func withCStrings<R>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
