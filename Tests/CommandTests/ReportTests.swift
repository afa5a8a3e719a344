import Disk
import Glibc
import Support
import Testing

@testable import imagenet_fetch

private struct Layered: Failure {
    let message: String
    let cause: (any Error)?
}

@Suite struct ReportTests {
    private func table(throwing error: any Error & Sendable) -> CommandTable {
        CommandTable(commands: [
            Command(
                name: "break", summary: "s", detail: "D.", examples: [],
                run: { (_, _) in throw error })
        ])
    }

    private func diskError(_ errno: CInt) -> DiskError {
        DiskError(.write, "/disk/file", errno: errno)
    }

    @Test(
        "an error of the disk ends the run with its own status",
        arguments: [
            (ENOSPC, imagenet_fetch.ExitStatus.noSpace), (EDQUOT, .noSpace), (EIO, .diskFault),
            (EWOULDBLOCK, .busy), (EBUSY, .busy), (ENOENT, .usage), (ENOTDIR, .usage),
            (EACCES, .diskFault),
        ])
    func diskErrors(errno: CInt, status: imagenet_fetch.ExitStatus) {
        let world = World()
        #expect(world.run("break", table: table(throwing: diskError(errno))) == .exit(status))
        #expect(world.error.text.hasPrefix("imagenet-fetch: error: cannot write /disk/file: "))
        #expect(world.output.text.isEmpty)
    }

    @Test("usage and config faults end with 2, what we do not know with 1")
    func others() {
        #expect(Report.status(of: UsageError.noCommand) == .usage)
        #expect(Report.status(of: ConfigFault("c", 1, "r")) == .usage)
        #expect(Report.status(of: InternalError(message: "m")) == .internalError)
        #expect(Report.status(of: Layered(message: "m", cause: nil)) == .internalError)
        #expect(Report.status(of: CancellationError()) == .internalError)
    }

    @Test("the numbers are the contract's")
    func numbers() {
        #expect(imagenet_fetch.ExitStatus.allCases.map(\.rawValue) == Array(0...13))
        #expect(imagenet_fetch.ExitStatus.verificationFailed.rawValue == 3)
        #expect(imagenet_fetch.ExitStatus.badInput.rawValue == 10)
    }

    @Test("an error is one line, and the hint is the next")
    func lines() {
        let world = World()
        _ = world.run("break", table: table(throwing: diskError(EIO)))
        #expect(
            world.error.text == """
                imagenet-fetch: error: cannot write /disk/file: input/output error
                hint: the disk reports an error; look at `dmesg`

                """)
    }

    @Test("--quiet hides no error, colours stand only where they are wanted")
    func quietAndColor() {
        let error = Layered(message: "m", cause: nil)
        let quiet = World()
        _ = quiet.run("break", "--quiet", table: table(throwing: error))
        #expect(quiet.error.text == "imagenet-fetch: error: m\n")
        let color = World(isTerminal: true, hasColor: true)
        _ = color.run("break", table: table(throwing: error))
        #expect(color.error.text == "imagenet-fetch: \u{1B}[1;31merror:\u{1B}[0m m\n")
    }

    @Test("--debug tells what led to an error")
    func causes() {
        let inner = Layered(message: "inner", cause: diskError(EIO))
        let world = World()
        let error = Layered(message: "outer", cause: inner)
        _ = world.run("break", "--debug", table: table(throwing: error))
        let text = world.error.take()
        #expect(text.contains("error: outer\n"))
        #expect(text.contains("caused by: inner [Layered]\ncaused by: cannot write /disk/file"))
        _ = world.run("break", table: table(throwing: error))
        #expect(!world.error.text.contains("caused by"))
    }

    @Test("an unknown error is shown escaped")
    func unknown() {
        struct Odd: Error, CustomStringConvertible { let description = "a\u{1B}[2Jb" }
        let world = World()
        #expect(world.run("break", table: table(throwing: Odd())) == .exit(.internalError))
        #expect(world.error.text.contains("error: a\\x1b[2Jb\nhint: this is a bug"))
    }

    @Test("a reader that went away is a quiet success, a full disk is not")
    func brokenPipe() {
        let gone = World(outputFailure: diskError(EPIPE))
        #expect(gone.run("generate", "man") == .exit(.success))
        #expect(gone.error.text.isEmpty)
        let full = World(outputFailure: diskError(ENOSPC))
        #expect(full.run("generate", "man") == .exit(.noSpace))
        #expect(full.error.text.contains("no space left"))
        #expect(full.run("--version") == .exit(.noSpace))
    }

    @Test("whoever is stopped by a signal ends by it, without a word")
    func stopped() {
        let world = World()
        let ending = world.run("break", table: table(throwing: Stopped(signal: SIGINT)))
        #expect(ending == .signal(SIGINT))
        #expect(world.error.text.isEmpty)
    }

    @Test("results that came before an error are written")
    func resultsFirst() {
        let world = World()
        let table = CommandTable(commands: [
            Command(
                name: "break", summary: "s", detail: "D.", examples: [],
                run: { (_, context) in
                    try context.console.result("first")
                    throw InternalError(message: "then")
                })
        ])
        _ = world.run("break", table: table)
        #expect(world.output.text == "first\n")
    }
}

@Suite struct ConsoleTests {
    @Test("results are gathered where no person waits, and JSON is not")
    func buffering() throws {
        let world = World()
        let console = world.context.console
        try console.result("a")
        #expect(world.output.text.isEmpty)
        try console.result(JSON.bool(true))
        #expect(world.output.take() == "a\ntrue\n")
        try console.write([UInt8](repeating: 0x78, count: 70_000))
        #expect(world.output.text.utf8.count == 70_000)
    }

    @Test(
        "what kept a line from being written is told again at the end, also where it was passed over"
    )
    func remembered() {
        let world = World(outputFailure: DiskError(.write, "standard output", errno: ENOSPC))
        let console = world.context.console
        for isLast in [false, true] {
            try? console.result("a")
            #expect(throws: DiskError.self, "\(isLast)") { try console.flush() }
        }
        #expect(throws: DiskError.self) { try console.flush() }
    }

    @Test("a reader that has gone changes nothing about what was found")
    func gone() {
        for (status, ending) in [(ExitStatus.verificationFailed, 3), (.success, 0)] {
            let world = World(outputFailure: DiskError(.write, "standard output", errno: EPIPE))
            let table = CommandTable(commands: [
                Command(
                    name: "find", summary: "s", detail: "D.", examples: [],
                    run: { (_, context) in
                        try? context.console.result("a")
                        try? context.console.flush()
                        return status
                    })
            ])
            let expected = ExitStatus(rawValue: Int32(ending)).map { Ending.exit($0) }
            #expect(world.run("find", table: table) == expected)
            #expect(world.error.text.isEmpty)
        }
    }

    @Test("results on a terminal come at once")
    func terminal() throws {
        let world = World(isTerminal: true)
        try world.context.console.result("a")
        #expect(world.output.text == "a\n")
    }

    @Test("what is said depends on --quiet and --verbose")
    func verbosity() {
        for (verbosity, expected) in [
            (Verbosity.quiet, "imagenet-fetch: warning: w\n"),
            (.normal, "note\nimagenet-fetch: warning: w\n"),
            (.verbose, "note\ndetail\nimagenet-fetch: warning: w\n"),
        ] {
            let world = World()
            let console = world.context.console
            console.adapt(to: verbosity, repeating: "")
            console.note("note")
            console.detail("detail")
            console.warn("w")
            #expect(world.error.text == expected)
        }
    }
}

@Suite struct StopRequestTests {
    @Test("the first request is noted, the second is known as one")
    func requests() throws {
        let stop = StopRequest()
        try stop.check()
        #expect(stop.request(SIGTERM))
        #expect(!stop.request(SIGINT))
        #expect(stop.signal == SIGTERM)
        let error = #expect(throws: Stopped.self) { try stop.check() }
        #expect(error?.signal == SIGTERM)
    }
}

@Suite struct BareCommandTests {
    @Test("nothing at all is usage where no person looks")
    func elsewhere() {
        let world = World()
        #expect(world.run() == .exit(.usage))
        #expect(world.output.text.isEmpty)
        #expect(world.error.text.hasPrefix("usage: imagenet-fetch [COMMAND] [OPTIONS]\n"))
        #expect(world.error.text.contains("labels [QUERY…]"))
    }

    @Test("on a terminal it is the status, and what to type next")
    func onTerminal() throws {
        let folder = try TemporaryFolder()
        let world = World(isTerminal: true, folder: folder.path)
        #expect(world.run() == .exit(.success))
        #expect(world.output.text.hasPrefix("data/tar:\n"))
        #expect(world.output.text.contains("ILSVRC2012_img_train.tar"))
        #expect(world.output.text.contains("next: imagenet-fetch fetch\n"))
    }
}
