import DataFolder
import DatasetManifest
import Disk
import TorrentFetch

// `status --sources`: who has the files.
extension StatusCommand {
    static func askSources(
        _ selected: SelectedFiles, _ data: DataFolder, _ arguments: Arguments, _ context: Context
    ) throws {
        let survey = SourceSurvey(data, try FetchCommand.options(arguments, context))
        let progress = context.progress(arguments)
        defer { progress.end() }
        for (index, file) in selected.files.enumerated() {
            // A source that does not answer takes a while, so what is known is shown first.
            try context.console.flush()
            progress.update(
                ProgressSnapshot(
                    stage: "asking who has \(escaped(file.name))", done: Int64(index),
                    total: Int64(selected.files.count), unit: .items))
            let answer = survey.ask(file)
            if arguments.isJSON {
                try context.console.result(json(answer))
            } else {
                try tell(answer, context)
            }
        }
        try context.console.flush()
    }

    private static func tell(_ answer: SourceSurvey.Answer, _ context: Context) throws {
        try context.console.result("\(escaped(answer.file.name)):")
        if let swarm = answer.swarm {
            try context.console.result("  swarm: \(text(swarm))")
        }
        for mirror in answer.mirrors {
            switch mirror.size {
            case .success(let size):
                try context.console.result(
                    "  \(escaped(mirror.mirror)): has it (\(Shown.bytes(size)))")
            case .failure(let error): try context.console.result("  \(error.message)")
            }
        }
    }

    private static func text(_ swarm: SourceSurvey.SwarmState) -> String {
        var parts: [String] = []
        if let seeds = swarm.seeds {
            parts.append("\(Shown.counted(seeds, "seed", "seeds")) (trackers)")
        }
        if swarm.reached > 0 {
            parts.append("\(Shown.counted(swarm.reached, "peer", "peers")) reached")
        }
        if let error = swarm.error { parts.append(escaped(error)) }
        return parts.isEmpty ? "nobody answered" : parts.joined(separator: "; ")
    }

    private static func json(_ answer: SourceSurvey.Answer) -> JSON {
        let mirrors = answer.mirrors.map { mirror in
            switch mirror.size {
            case .success(let size):
                JSON.members(["mirror": .string(mirror.mirror), "size": .int(size)])
            case .failure(let error):
                JSON.members(["mirror": .string(mirror.mirror), "error": .string(error.message)])
            }
        }
        return .line(
            schema: "imagenet-fetch.sources/1",
            [
                "file": .string(answer.file.name),
                "seeds": (answer.swarm?.seeds).map { .int(Int64($0)) },
                "peers": (answer.swarm?.peers).map { .int(Int64($0)) },
                "reached": answer.swarm.map { .int(Int64($0.reached)) },
                "error": (answer.swarm?.error).map { .string($0) },
                "mirrors": .array(mirrors),
            ])
    }
}
