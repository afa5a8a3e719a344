import Support
import Testing

/// The tests of a suite wait for other programs, on threads that are there for that. Time limits
/// count the waiting for such a thread as well.
struct Waiting: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if testCase == nil { return try await function() }
        try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
    }
}

extension Trait where Self == Waiting {
    static var waiting: Self { Waiting() }
}
