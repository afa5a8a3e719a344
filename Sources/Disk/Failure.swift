/// What a person reads of any library's error: one sentence, and what to do next.
///
/// Each library's error has a `code` to match on as well. The command prints
/// `imagenet-fetch: error: MESSAGE` and `hint: HINT` below it.
public protocol Failure: Error, Sendable, CustomStringConvertible {
    /// One sentence that names the file, URL or place and says why. Safe for a terminal.
    var message: String { get }
    /// What to do next, where there is something to do.
    var hint: Remedy? { get }
    /// The error that led to this one; shown when somebody debugs.
    var cause: (any Error)? { get }
}

extension Failure {
    public var hint: Remedy? { nil }
    public var cause: (any Error)? { nil }
    public var description: String { message }
}
