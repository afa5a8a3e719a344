import Disk
import Support
import Testing

/// `fetch --lab` in a network of its own, made by `scripts/bench-lab`.
@Suite(.waiting) struct FetchLabTests {
    @Test(
        "four machines get an archive over one uplink less than twice, though one is killed and one lies"
    )
    func shared() throws {
        let result = try Support.run(
            "python3",
            [
                Markdown.project.appending("scripts/bench-lab").description, Binary.absolute,
                "--nodes", "4", "--size", "40", "--kill", "--liar", "--copies", "2", "--share", "0",
            ])
        if result.output.contains("skipped") { return print(result.output) }
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("verified: 3 of 3"))
    }

    @Test("--lab needs a swarm")
    func conflict() throws {
        let result = try Binary.run("fetch", "--lab", "--sources", "mirrors", "--dry-run")
        #expect(result.status == 2 && result.errors.contains("--lab"), "\(result.errors)")
    }
}
