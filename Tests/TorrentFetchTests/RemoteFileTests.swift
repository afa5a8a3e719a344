import Disk
import Support
import Synchronization
import Testing

@testable import TorrentFetch

/// A file on a mirror, read at any place.
@Suite final class RemoteFileTests {
    private let folder: TemporaryFolder
    private let contents: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        var numbers = SeededNumbers(seed: 3)
        contents = numbers.bytes(300_000)
        try folder.write(contents, to: "www/file.tar")
    }

    private static var options: MirrorOptions {
        var options = MirrorOptions()
        options.pause = .milliseconds(10)
        options.attempts = 3
        return options
    }

    private func file(
        _ url: String, size: Int64? = nil, patience: Duration = .seconds(20),
        stop: StopCheck = .never
    ) throws -> RemoteFile {
        try RemoteFile(
            Mirror(url, fileName: "file.tar"), size: size, options: Self.options,
            patience: patience, stop: stop)
    }

    private func read(_ file: RemoteFile, _ count: Int, at offset: Int64) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        let read = try file.read(into: buffer, at: offset)
        return Array(buffer.prefix(read))
    }

    /// What a read of ten bytes throws.
    private func failure(_ file: RemoteFile) throws -> FetchError {
        try #require(throws: FetchError.self) { _ = try read(file, 10, at: 5) }
    }

    @Test("many ranges come over one connection, and count")
    func ranges() throws {
        let nginx = try NginxServer(
            serving: folder["www"], "access_log %LOG% one;",
            http: "log_format one '$connection $status $body_bytes_sent';")
        let file = try file(nginx.url + "/")
        #expect(file.size == Int64(contents.count))
        for offset in stride(from: 0, to: 290_000, by: 29_000) {
            let bytes = try read(file, 600, at: Int64(offset))
            #expect(bytes.elementsEqual(contents[offset..<offset + 600]))
        }
        #expect(try read(file, 600, at: 299_990).elementsEqual(contents.suffix(10)))
        #expect(try read(file, 10, at: 300_000).isEmpty)
        #expect(try read(file, 10, at: -1).isEmpty)
        #expect(try read(file, 300_000, at: 0) == contents)
        #expect(file.requests == 13)
        #expect(file.bytes == 10 * 600 + 10 + 300_000)
        let other = try file.another()
        #expect(try read(other, 4, at: 7).elementsEqual(contents[7..<11]))
        #expect(file.requests == 14)
        let lines = try nginx.log().split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.count == 14)
        #expect(lines.allSatisfy { $0[1] == "206" })
        #expect(Set(lines.map { $0[0] }).count == 2)
    }

    @Test("a copy in a folder is read as well, until it changes")
    func local() throws {
        let file = try file(folder["www/"].description, size: 300_000)
        #expect(try read(file, 5, at: 100).elementsEqual(contents[100..<105]))
        #expect(try read(file.another(), 5, at: 100).elementsEqual(contents[100..<105]))
        try FileDescriptor(folder["www/file.tar"], .updating).write([1], at: 3)
        let error = try failure(file)
        #expect(error.code == .mirrorRefused)
        #expect(error.message.contains("changed while it was read"))
        #expect(throws: FetchError.self) { try self.file(folder["none/"].description) }
        #expect(throws: FetchError.self) { try self.file(folder["www/"].description, size: 4) }
    }

    @Test("a server that knows no ranges is refused in a sentence that says so")
    func whole() throws {
        let server = try LyingServer(contents) { _ in .ignoresRange }
        let error = try #require(throws: FetchError.self) { _ = try file(server.url + "/x") }
        #expect(error.code == .mirrorRefused)
        #expect(error.message.hasSuffix("it sends only the whole file, not parts of it"))
        #expect(server.requests.count == 1)
    }

    @Test(
        "an answer that is not what was asked for is refused, and not asked again",
        arguments: [
            LyingServer.Lie.shifted(1), .total(299_999), .tag("\"b\""), .endless,
            .webPage(status: "200 OK"), .field("Content-Encoding: gzip"),
            .status("404 Not Found", fields: ""),
            .status("302 Found", fields: "Location: ftp://x/\r\n"),
        ])
    func lies(_ lie: LyingServer.Lie) throws {
        let server = try LyingServer(contents) { $0 == 0 ? .none : lie }
        let error = try failure(file(server.url + "/x"))
        #expect(error.code == .mirrorRefused, "\(lie)")
        #expect(server.requests.count == 2)
    }

    @Test("a file that changes between two requests is refused as changed")
    func changes() throws {
        let www = folder["www"]
        let nginx = try NginxServer(serving: www)
        let file = try file(nginx.url + "/")
        let other = try file.another()
        // nginx makes the validator of the time in seconds and the length.
        try Folder(www).publish("file.tar", contents + [1])
        for reader in [file, other] {
            let error = try failure(reader)
            #expect(error.code == .mirrorRefused)
            #expect(error.message.contains("changed"), "\(error.message)")
        }
        // Without a validator the size tells.
        let lying = try LyingServer(contents, tag: nil) { $0 == 0 ? .none : .total(400_000) }
        #expect(try failure(self.file(lying.url + "/x")).message.contains("changed"))
    }

    @Test(
        "what breaks or is busy for a moment is asked again",
        arguments: [
            LyingServer.Lie.status("503 Service Unavailable", fields: "Retry-After: 0\r\n"),
            .status("429 Too Many Requests", fields: ""),
            .status("500 Internal Server Error", fields: ""), .short(3), .reset(2),
        ])
    func again(_ lie: LyingServer.Lie) throws {
        let server = try LyingServer(contents) { $0 == 1 || $0 == 2 ? lie : .none }
        let file = try file(server.url + "/x")
        #expect(try read(file, 10, at: 5).elementsEqual(contents[5..<15]))
        #expect(file.requests == 4)
    }

    @Test("a server that is busy for longer than the patience is given up at once")
    func busy() throws {
        let server = try LyingServer(contents) {
            $0 == 0 ? .none : .status("503 Busy", fields: "Retry-After: 100\r\n")
        }
        let error = try failure(file(server.url + "/x"))
        #expect(error.code == .stalled)
        #expect(server.requests.count == 2)
        let impatient = try LyingServer(contents) {
            $0 == 0 ? .none : .status("500 No", fields: "")
        }
        #expect(try failure(file(impatient.url + "/x").another()).code == .stalled)
        #expect(impatient.requests.count == 2)
    }

    @Test("a stop ends a request that waits for a silent server")
    func stops() throws {
        struct Stop: Error {}
        let isStopped = Shared(Atomic(false))
        let server = try LyingServer(contents) { number in
            if number == 0 { return .none }
            isStopped.value.store(true, ordering: .relaxed)
            return .silence
        }
        let stop = StopCheck { isStopped.value.load(ordering: .relaxed) ? Stop() : nil }
        let file = try file(server.url + "/x", stop: stop)
        #expect(throws: Stop.self) { _ = try read(file, 10, at: 5) }
        #expect(throws: Stop.self) { _ = try read(file, 10, at: 5) }
        #expect(server.requests.count == 2)
    }

    @Test("a silent server is given up after the patience")
    func silent() throws {
        let server = try LyingServer(contents) { $0 == 0 ? .none : .silence }
        let error = try failure(file(server.url + "/x", patience: .seconds(1)))
        #expect(error.code == .stalled)
    }

    @Test("nobody is led from outside into this network")
    func inside() throws {
        // The proxy stands for the open internet.
        let target = try LyingServer(contents) { _ in .none }
        let proxy = try LyingServer(contents) { _ in
            .status("302 Found", fields: "Location: http://127.0.0.1:\(target.port)/x\r\n")
        }
        var options = Self.options
        options.proxies.http = proxy.url
        let mirror = try Mirror(
            "http://mirror.example/x", fileName: "x", allowsInsecureHTTP: true)
        let error = try #require(throws: FetchError.self) {
            _ = try RemoteFile(mirror, options: options)
        }
        #expect(error.message.contains("an address inside this network"), "\(error.message)")
        #expect(target.requests.isEmpty)
    }
}
