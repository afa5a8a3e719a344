internal import Disk

/// Unpacks a tar by offset, on all threads.
struct TarUnpacking {
    private static let isDone: UInt8 = 1

    let survey: TarSurvey
    let lister: FileLister
    let threads: Int

    /// Bytes in whole blocks and files that remain.
    func missing(_ done: [UInt8]) -> (bytes: Int64, files: Int64) {
        var (bytes, files) = (Int64(0), Int64(0))
        for (number, job) in survey.jobs.enumerated() where !Self.isDone(done, number) {
            bytes += job.room
            files += Int64(job.files)
        }
        return (bytes, files)
    }

    /// Writes what is missing.
    func write(
        to tree: ImageJobs.Tree, _ progress: TreeProgress, goesOn: Bool,
        step: @escaping @Sendable (Int, Int64) throws -> Void
    ) throws {
        let jobs = ImageJobs(survey: survey, lister: lister, tree: tree)
        let survey = survey
        try Workers.forEach(survey.jobs.count, threads: threads) { number in
            let job = survey.jobs[number]
            let isClaimed = Self.isDone(progress.found, number)
            if isClaimed, !progress.isFromEarlierBoot {
                return try step(job.files, job.bytes)
            }
            if isClaimed, try Self.isWhole(job, jobs) { return try step(job.files, job.bytes) }
            try jobs.run(job, .writing(replaces: goesOn), step: step)
            try progress.set([Self.isDone], at: number)
        }
    }

    /// Writes what is missing in these folders of a finished tree.
    func fill(
        _ tree: ImageJobs.Tree, _ folders: Set<Path>,
        step: @escaping @Sendable (Int, Int64) throws -> Void
    ) throws {
        let jobs = ImageJobs(survey: survey, lister: lister, tree: tree)
        let survey = survey
        try Workers.forEach(survey.jobs.count, threads: threads) { number in
            try jobs.run(survey.jobs[number], .filling(folders), step: step)
        }
    }

    /// Compares every image of the tree with the archive.
    func check(
        _ tree: ImageJobs.Tree, step: @escaping @Sendable (Int, Int64) throws -> Void
    ) throws {
        let jobs = ImageJobs(survey: survey, lister: lister, tree: tree)
        let survey = survey
        try Workers.forEach(survey.jobs.count, threads: threads) { number in
            try jobs.run(survey.jobs[number], .checking, step: step)
        }
    }

    /// The number of finished jobs.
    static func done(_ progress: [UInt8]) -> Int { progress.count { $0 == isDone } }

    private static func isDone(_ done: [UInt8], _ number: Int) -> Bool {
        number < done.count && done[number] == isDone
    }

    /// Whether all images of a job survived a power loss.
    private static func isWhole(_ job: TarSurvey.Job, _ jobs: ImageJobs) throws -> Bool {
        do {
            try jobs.run(job, .checking) { _, _ in }
            return true
        } catch let error as ExportError where error.code == .brokenOutput {
            return false
        } catch let error as DiskError where error.code == .notFound {
            return false
        }
    }
}
