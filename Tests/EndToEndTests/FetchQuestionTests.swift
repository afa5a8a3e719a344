import Disk
import Glibc
import Support
import Testing

/// The one question that a fetch may have.
@Suite(.waiting, .timeLimit(.minutes(15))) struct FetchQuestionTests {
    private static let question = "Download 1.5 GiB? [y/N]"

    /// A data set of one large file that a server does not have after all, so that a fetch of it
    /// ends with 8 as soon as it has begun.
    private struct Large {
        let rig: FetchRig
        let server: LyingServer

        init(size: Int64 = 3 << 29) throws {
            rig = try FetchRig()
            server = try LyingServer([]) { _ in .none }
            try rig.folder.write(
                """
                {"schema":"imagenet-fetch.manifest/1","name":"large","files":[{"name":"large.tar",
                "part":"large","role":"other","size":\(size),
                "md5":"00000000000000000000000000000000","mirrors":["\(server.url)/large.tar"]}]}
                """, to: "large.json")
        }

        var words: [String] {
            [
                "fetch", "--manifest", rig.folder["large.json"].description, "--data",
                rig.folder["data"].description, "--reserve", "0",
            ]
        }

        var hasBegun: Bool { !server.requests.isEmpty }

        /// Runs it before a person, or with a part of it elsewhere.
        func start(
            at terminal: PseudoTerminal, _ more: [String] = [], input: String? = nil,
            errors: String? = nil
        ) throws -> Background {
            try Background(
                Binary.absolute, words + more, input: input ?? terminal.path,
                output: terminal.path, errors: errors)
        }
    }

    @Test("whoever says no, or nothing, gets nothing", arguments: ["n\n", "\n", "yup\n", "\u{4}"])
    func no(answer: String) throws {
        let large = try Large()
        let terminal = try PseudoTerminal()
        let fetch = try large.start(at: terminal)
        #expect(terminal.shows(Self.question), "\(terminal.text)")
        #expect(!large.hasBegun)
        terminal.type(answer)
        #expect(fetch.wait(seconds: 60) == 2)
        #expect(terminal.text.contains("nothing was downloaded"), "\(terminal.text)")
        #expect(!large.hasBegun)
        #expect(access(large.rig.folder["data/tar/large.tar.part"].description, F_OK) != 0)
    }

    @Test("whoever says yes gets it", arguments: ["y\n", "YES\n"])
    func yes(answer: String) throws {
        let large = try Large()
        let terminal = try PseudoTerminal()
        let fetch = try large.start(at: terminal)
        #expect(terminal.shows(Self.question), "\(terminal.text)")
        #expect(!large.hasBegun)
        terminal.type(answer)
        #expect(fetch.wait(seconds: 60) == 8, "\(terminal.text)")
        #expect(large.hasBegun)
    }

    @Test("-y asks nothing", arguments: ["-y", "--yes"])
    func asksNothing(option: String) throws {
        let large = try Large()
        let terminal = try PseudoTerminal()
        #expect(try large.start(at: terminal, [option]).wait(seconds: 60) == 8)
        #expect(large.hasBegun)
        #expect(!terminal.text.contains("[y/N]"))
    }

    @Test("what is not large is not asked about")
    func small() throws {
        let large = try Large(size: 1 << 20)
        let terminal = try PseudoTerminal()
        #expect(try large.start(at: terminal).wait(seconds: 60) == 8)
        #expect(large.hasBegun)
        #expect(!terminal.text.contains("[y/N]"))
    }

    @Test("without a terminal for both the question and the answer nobody is asked")
    func noTerminal() throws {
        for isHalf in [false, true] {
            let large = try Large()
            let terminal = try PseudoTerminal()
            let errors = large.rig.folder["err"].description
            let fetch =
                try isHalf
                ? large.start(at: terminal, errors: errors)
                : large.start(at: terminal, input: "/dev/null")
            #expect(fetch.wait(seconds: 60) == 8)
            #expect(large.hasBegun)
            #expect(!terminal.text.contains("[y/N]"))
        }
        let large = try Large()
        let result = try run(Binary.absolute, large.words)
        #expect(result.status == 8, "\(result.errors)")
        #expect(large.hasBegun)
        #expect(!result.errors.contains("[y/N]"))
    }
}
