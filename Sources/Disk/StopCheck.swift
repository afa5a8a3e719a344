/// How long-running work learns that it should stop early: it asks between two steps.
public struct StopCheck: Sendable {
    private let look: @Sendable () -> (any Error)?

    /// - Parameter look: why the work should end now; nil while it may go on.
    public init(_ look: @escaping @Sendable () -> (any Error)?) { self.look = look }

    /// For work that cannot be stopped.
    public static let never = StopCheck { nil }

    /// Why the work should end now; nil while it may go on.
    public var reason: (any Error)? { look() }

    public func callAsFunction() throws {
        if let reason = look() { throw reason }
    }
}
