import Disk
import Support
import Testing

/// `contrib/slurm` on a real Slurm, and what `--slice` does without one.
@Suite(.waiting) struct SlurmTests {
    private static let scripts = Markdown.project.appending("contrib/slurm")
    /// With shards for every task; TFDS would make one of so little.
    private static let formats = [
        "mds": ["--size-limit", "200000"], "webdataset": ["--shards", "8"],
        "tfrecord": ["--shards", "8"], "tfds": [], "parquet": ["--shards", "8"],
    ]

    private func world() throws -> ExportWorld {
        try ExportWorld("--classes", "4", "--per-class", "16", "--val", "20", "--test", "0")
    }

    /// A shell in an empty folder where jobs are submitted; its config knows the sample.
    private struct Login {
        let home: Path
        let environment: [String: String]
        private let path: String

        /// - Parameter wrapper: lines of `sh` that run before each call of the program.
        init(_ world: borrowing ExportWorld, _ slurm: SlurmCluster, wrapper: String) throws {
            home = world.folder["home"]
            path = "PATH='\(world.folder["bin"])':$PATH\n"
            try world.folder.write(
                Array(
                    """
                    manifest \(world.folder["s"])/manifest.json
                    mirror \(world.folder["s"])/tar/
                    sources mirrors
                    yes

                    """.utf8), to: "home/.config/imagenet-fetch/config")
            try world.folder.write(
                Array("#!/bin/sh\n\(wrapper)\nexec '\(Binary.absolute)' \"$@\"\n".utf8),
                to: "bin/imagenet-fetch")
            environment = slurm.environment.merging([
                "XDG_CONFIG_HOME": "\(home)/.config"
            ]) { $1 }
            try run(
                "chmod +x '\(world.folder["bin"])/imagenet-fetch' && cp '\(SlurmTests.scripts)'/* ."
            )
        }

        @discardableResult
        func run(_ script: String) throws -> String {
            let result = try Support.run(
                "bash", ["-ec", path + script], in: home.description, environment: environment)
            #expect(result.status == 0, "\(script)\n\(result.output)\(result.errors)")
            return result.output
        }

        /// Submits what the script says, and waits until all of its jobs are done well.
        func finish(_ script: String, jobs: Int) throws {
            try run(script)
            _ = try eventually { try run("squeue -h") == "" }
            let states = try run("scontrol -o show jobs | grep -o 'JobState=[A-Z]*' | uniq -c")
            let prints = try run("tail -n 5 slurm-*.out")
            #expect(
                states.split(separator: " ") == ["\(jobs)", "JobState=COMPLETED\n"],
                "\(states)\(prints)")
        }
    }

    @Test("the lines of docs/clusters.md make shards, and a killed task is requeued alone")
    func chain() throws {
        let world = try world()
        guard let slurm = try SlurmCluster.start(in: world.folder["slurm"]) else { return }
        let login = try Login(
            world, slurm,
            wrapper: """
                echo "$SLURM_ARRAY_TASK_ID.${SLURM_RESTART_COUNT:-0} $1" >>calls
                [ "$SLURM_ARRAY_TASK_ID.${SLURM_RESTART_COUNT:-0}" = 3.0 ] && kill -KILL $$
                """)
        let block = try #require(
            try Markdown("docs/clusters.md").blocks.first { $0.text.contains("sbatch") })
        try login.finish(block.text, jobs: 7)
        let calls = try login.run("sort calls")
        #expect(
            calls == """
                .0 fetch
                .0 verify
                .0 webdataset
                1.0 webdataset
                2.0 webdataset
                3.0 webdataset
                3.1 webdataset
                4.0 webdataset

                """)
        try login.run("imagenet-fetch webdataset --data data --output-dir alone/webdataset -q")
        try login.run("diff -r -x '.*' -x '*.receipt.json' alone/webdataset data/webdataset")
    }

    @Test("an array of four gives the bytes of one machine in every format with slices")
    func formats() throws {
        let world = try world()
        guard let slurm = try SlurmCluster.start(in: world.folder["slurm"]) else { return }
        let login = try Login(world, slurm, wrapper: "")
        try login.run("imagenet-fetch fetch --data data -q")
        var script = ""
        for (format, options) in Self.formats {
            let words = ([format, "--data", "data"] + options).joined(separator: " ")
            script += """
                id=$(sbatch --parsable --array=10-40:10 convert.sbatch \(words))
                sbatch --dependency=afterok:$id merge.sbatch \(words)

                """
            try login.run("imagenet-fetch \(words) --output-dir alone/\(format) -q")
        }
        try login.finish(script, jobs: 25)
        for format in Self.formats.keys {
            try login.run("diff -r -x '.*' -x '*.receipt.json' alone/\(format) data/\(format)")
            #expect(try login.run("find data/\(format) -type f | wc -l") != "0\n")
        }
    }

    @Test("merge names the slices that are missing, and writes no shard itself")
    func merge() throws {
        let world = try world()
        for (format, options) in Self.formats where !options.isEmpty {
            func run(_ more: String...) throws -> CommandResult {
                try Support.run(
                    Binary.path, [format, "--only-train"] + options + more + world.options)
            }
            let none = try run("--slice", "merge")
            #expect(none.status == 2 && none.errors.contains("no slices to merge"))
            for slice in ["2/4", "3/4"] { #expect(try run("--slice", slice).status == 0) }
            let before = try world.digests("s/\(format)")
            let refused = try run("--slice", "merge")
            #expect(refused.status == 3)
            #expect(
                refused.errors.contains("missing, of slices 1, 4 of 4\n"), "\(refused.errors)")
            #expect(refused.errors.contains("--slice 1/4 and so on"), "\(refused.errors)")
            #expect(try world.digests("s/\(format)") == before)
            for slice in ["1/4", "4/4"] { #expect(try run("--slice", slice).status == 0) }
            #expect(try run("--slice", "merge").status == 0)
            #expect(try run("--slice", "merge").output.contains("already done"))
            let alone = try run("--output-dir", world.folder["alone/\(format)"].description)
            #expect(alone.status == 0, "\(alone.errors)")
            let same = try Support.run(
                "diff",
                [
                    "-r", "-x", ".*", "-x", "*.receipt.json",
                    world.folder["alone/\(format)"].description,
                    world.folder["s/\(format)"].description,
                ])
            #expect(same.status == 0, "\(same.output)")
        }
    }

    @Test("outside an array, --slice auto is refused before anything is made")
    func alone() throws {
        let world = try world()
        let result = try world.run("mds", "--slice", "auto")
        #expect(result.status == 2)
        #expect(result.errors.contains("SLURM_ARRAY_TASK_ID is not set"), "\(result.errors)")
        #expect(!(try world.folder.names(in: "s")).contains("mds"))
    }
}
