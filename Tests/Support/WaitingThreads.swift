internal import Disk
internal import Glibc

/// Threads for tests that wait for other programs: Swift has a thread for each core, and two tests
/// that wait would keep all others from beginning.
public final class WaitingThreads: TaskExecutor {
    public static let shared = WaitingThreads(count: 10)

    private let jobs = Monitor<[UnownedJob]>([])

    private init(count: Int) {
        for _ in 0..<count {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self).toOpaque()
            pthread_create(
                &thread, nil,
                { context in
                    if let context {
                        Unmanaged<WaitingThreads>.fromOpaque(context).takeRetainedValue().work()
                    }
                    return nil
                }, context)
            pthread_detach(thread)
        }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.update { $0.append(job) }
    }

    private func work() {
        while true {
            let job = jobs.wait { jobs in jobs.isEmpty ? nil : jobs.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
