public import Disk
internal import Glibc

/// Slurm on this machine alone: munge, the controller and one node of four processors, all of the
/// test's own and gone with it.
public final class SlurmCluster: Sendable {
    private let config: Path
    private let processes: [Background]

    /// Nil, with the reason printed, where Slurm cannot run.
    public static func start(in folder: Path) throws -> SlurmCluster? {
        guard geteuid() == 0 else { return skipped("only root can start it") }
        for program in ["munged", "slurmctld", "slurmd", "sbatch"]
        where try run("sh", ["-c", "command -v \(program)"]).status != 0 {
            return skipped("\(program) is not installed")
        }
        return try SlurmCluster(folder)
    }

    private static func skipped(_ reason: String) -> SlurmCluster? {
        print("skipped Slurm: \(reason)")
        return nil
    }

    private init(_ folder: Path) throws {
        let own = try Folder.creating(folder)
        for name in ["state", "spool"] as [Path] { _ = try own.folder(name, creating: true) }
        var random = SeededNumbers(seed: UInt64(getpid()))
        try own.publish(
            "munge.key", random.bytes(1024))
        chmod(folder.appending("munge.key").description, 0o600)
        let socket = folder.appending("munge.socket")
        let host = try run("hostname", ["-s"]).output.filter { $0 != "\n" }
        let ports = (try freePort(), try freePort())
        config = folder.appending("slurm.conf")
        try own.publish(
            "slurm.conf",
            Array(
                """
                ClusterName=test
                SlurmctldHost=\(host)(127.0.0.1)
                SlurmctldPort=\(ports.0)
                SlurmdPort=\(ports.1)
                SlurmUser=root
                SlurmdUser=root
                AuthType=auth/munge
                AuthInfo=socket=\(socket),cred_expire=5
                CredType=cred/munge
                StateSaveLocation=\(folder)/state
                SlurmdSpoolDir=\(folder)/spool
                SlurmctldPidFile=\(folder)/slurmctld.pid
                SlurmdPidFile=\(folder)/slurmd.pid
                SlurmctldLogFile=\(folder)/slurmctld.log
                SlurmdLogFile=\(folder)/slurmd.log
                ProctrackType=proctrack/linuxproc
                TaskPlugin=task/none
                SelectType=select/cons_tres
                SelectTypeParameters=CR_CPU
                SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
                SlurmdParameters=config_overrides
                MailProg=/bin/true
                ReturnToService=2
                NodeName=\(host) NodeAddr=127.0.0.1 CPUs=4 RealMemory=8000 State=UNKNOWN
                PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

                """.utf8))
        let munge = try Background(
            "munged",
            [
                "--foreground", "--force", "--key-file=\(folder)/munge.key", "--socket=\(socket)",
                "--pid-file=\(folder)/munged.pid", "--seed-file=\(folder)/munge.seed",
            ])
        guard eventually({ access(socket.description, F_OK) == 0 }) else {
            throw Failed(reason: "munged does not listen")
        }
        let words = ["-D", "-f", config.description]
        let controller = try Background("slurmctld", words + ["-c"])
        try waitForListener(ports.0, "slurmctld")
        let node = try Background("slurmd", words)
        // Ended in this order.
        processes = [node, controller, munge]
        let isIdle = eventually {
            (try? run("sinfo", ["-h", "-o", "%t"], environment: environment).output) == "idle\n"
        }
        guard isIdle else { throw Failed(reason: "the node is not idle") }
    }

    public var environment: [String: String] { ["SLURM_CONF": config.description] }

    struct Failed: Error {
        let reason: String
    }
}
