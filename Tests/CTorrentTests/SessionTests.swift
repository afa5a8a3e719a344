import CTorrent
import CTorrentTesting
import Disk
import Glibc
import Testing

// One at a time: some of these count descriptors and threads of the whole process.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SessionTests {
    /// What a test asks for, on loopback and without anybody else.
    private func withSettings<R>(
        listen: StaticString = "127.0.0.1:0", _ body: (inout ct_session_settings) throws -> R
    ) rethrows -> R {
        var settings = ct_session_usual_settings()
        settings.listen_interfaces = UnsafeRawPointer(listen.utf8Start)
            .assumingMemoryBound(to: CChar.self)
        settings.listen_interfaces_count = listen.utf8CodeUnitCount
        settings.dht = false
        return try body(&settings)
    }

    private func session(listen: StaticString = "127.0.0.1:0") throws -> OpaquePointer {
        try withSettings(listen: listen) { settings in
            var error = ct_error()
            return try #require(ct_session_create(&settings, &error), "\(error.text)")
        }
    }

    @Test("a session starts, has a port and ends")
    func lifeCycle() throws {
        let session = try session()
        let listening = events(of: session) { $0.contains { $0.kind == .listening } }
        let port = try #require(listening.first { $0.kind == .listening }).port
        #expect(Int32(ct_session_listen_port(session)) == port && port > 0)
        var error = ct_error()
        #expect(ct_session_stop(session, 10_000, &error), "\(error.text)")
        #expect(error.domain == .none)
        // Again is no fault, and nothing is there any more.
        #expect(ct_session_stop(session, 0, &error))
        #expect(ct_session_listen_port(session) == 0)
        #expect(!ct_session_drain(session, { _, _ in }, nil, &error))
        #expect(error.domain == .shim && error.code == ct_fault.stopped.rawValue)
        ct_session_destroy(session)
    }

    @Test("destroying nothing does nothing")
    func null() {
        ct_session_destroy(nil)
        ct_metainfo_free(nil)
    }

    @Test("the end of a session can be polled for")
    func endSignals() throws {
        let session = try session()
        defer { ct_session_destroy(session) }
        _ = events(of: session) { $0.contains { $0.kind == .listening } }
        var error = ct_error()
        #expect(ct_session_stop(session, 10_000, &error))
        #expect(isReadable(ct_session_event_fd(session), milliseconds: 0))
    }

    @Test("where a port is taken, another one is listened on", arguments: [0, 3] as [Int32])
    func portTaken(more: Int32) throws {
        let first = try session()
        defer { ct_session_destroy(first) }
        let port = try #require(events(of: first) { !$0.isEmpty }.first).port
        let interfaces = "127.0.0.1:\(port)"
        var error = ct_error()
        let second = interfaces.withCString { text in
            withSettings { settings in
                settings.listen_interfaces = text
                settings.listen_interfaces_count = interfaces.utf8.count
                settings.more_ports = more
                return ct_session_create(&settings, &error)
            }
        }
        let other = try #require(second, "\(error.text)")
        defer { ct_session_destroy(other) }
        let seen = events(of: other) { $0.contains { $0.kind == .listening } }
        #expect(try #require(seen.first { $0.kind == .listening }).port != port)
    }

    @Test("an address that is not this machine's is reported, and is no reason to fail")
    func noSuchAddress() throws {
        let session = try session(listen: "192.0.2.1:0")
        defer { ct_session_destroy(session) }
        let seen = events(of: session) { $0.contains { $0.kind == .listen_failed } }
        let failed = try #require(seen.first { $0.kind == .listen_failed })
        #expect(failed.domain == .system && failed.code == EADDRNOTAVAIL)
        #expect(failed.text.contains("192.0.2.1"))
        #expect(ct_session_listen_port(session) == 0)
    }

    @Test("settings that would undo the cap are refused")
    func badSettings() {
        for change in [
            { (s: inout ct_session_settings) in s.max_peers = 0 },
            { $0.max_peers = -1 }, { $0.max_upload = -1 }, { $0.max_download = -5 },
            { $0.more_ports = -1 }, { $0.more_ports = 65536 },
        ] {
            var error = ct_error()
            let made = withSettings { settings in
                change(&settings)
                return ct_session_create(&settings, &error)
            }
            #expect(made == nil && error.domain == .shim)
            #expect(error.code == ct_fault.bad_argument.rawValue)
            ct_session_destroy(made)
        }
    }

    @Test("a running session has the settings that were asked for")
    func settings() throws {
        var error = ct_error()
        let made = withSettings { settings in
            settings.max_peers = 77
            settings.max_upload = 123_456
            settings.max_download = 654_321
            settings.named_peers = true
            return ct_session_create(&settings, &error)
        }
        let session = try #require(made)
        defer { ct_session_destroy(session) }
        let expected: [String: Int64] = [
            "connections_limit": 77, "upload_rate_limit": 123_456, "download_rate_limit": 654_321,
            "allow_multiple_connections_per_ip": 1, "enable_dht": 0, "enable_lsd": 0,
            "enable_upnp": 0, "enable_natpmp": 0, "mixed_mode_algorithm": 0,
            "announce_to_all_tiers": 1, "no_recheck_incomplete_resume": 1,
            "announce_to_all_trackers": 1, "stop_tracker_timeout": 1, "ssrf_mitigation": 1,
            "validate_https_trackers": 1, "allow_idna": 0, "no_connect_privileged_ports": 1,
            "max_web_seed_connections": 0, "alert_queue_size": 20_000,
            "min_reconnect_time": 5, "max_failcount": 20,
        ]
        for (name, value) in expected {
            #expect(ct_testing_setting(session, name) == value, "\(name)")
        }
        #expect(ct_testing_setting(session, "no_such_setting") == -1)
        var text = [CChar](repeating: 0, count: 64)
        #expect(ct_testing_text_setting(session, "user_agent", &text, 64) == 14)
        #expect(text.prefix(14).elementsEqual("imagenet-fetch".utf8.map { CChar($0) }))
        for address in ["127.0.0.1", "192.168.1.1", "8.8.8.8", "::1", "fe80::1", "2001:db8::1"] {
            #expect(ct_testing_is_limited(session, address), "\(address)")
        }
    }

    @Test("a session that only gives has room for many, and none for other seeds")
    func givesOnly() throws {
        var error = ct_error()
        let made = withSettings { settings in
            settings.gives_only = true
            return ct_session_create(&settings, &error)
        }
        let session = try #require(made)
        defer { ct_session_destroy(session) }
        #expect(ct_testing_setting(session, "unchoke_slots_limit") == 32)
        #expect(ct_testing_setting(session, "send_buffer_watermark") == 256 << 10)
        #expect(ct_testing_setting(session, "allowed_fast_set_size") == 0)
        #expect(ct_testing_setting(session, "close_redundant_connections") == 1)
        #expect(ct_testing_setting(session, "allow_multiple_connections_per_ip") == 1)
    }

    @Test("a session that does not end is left behind in time")
    func stuck() throws {
        let session = try session()
        ct_testing_occupy(session, 4000)
        let clock = ContinuousClock()
        var error = ct_error()
        let stopping = clock.measure { #expect(!ct_session_stop(session, 100, &error)) }
        #expect(error.domain == .shim && error.code == ct_fault.timed_out.rawValue)
        let destroying = clock.measure { ct_session_destroy(session) }
        #expect(stopping < .milliseconds(1500) && destroying < .milliseconds(3500))
        #expect(destroying >= .milliseconds(1900))
    }

    @Test("several threads may drain and stop at once")
    func threads() throws {
        let session = try session()
        nonisolated(unsafe) let shared = session
        try Workers.forEach(6, threads: 6) { index in
            var error = ct_error()
            for round in 0..<200 {
                if index == 0, round == 100 { _ = ct_session_stop(shared, 10_000, &error) }
                _ = ct_session_listen_port(shared)
                let done = ct_session_drain(shared, { _, _ in }, nil, &error)
                if !done { #expect(error.code == ct_fault.stopped.rawValue) }
            }
        }
        ct_session_destroy(session)
    }

    @Test("ten sessions leave no descriptor and no thread behind")
    func leftovers() throws {
        let descriptors = try count("/proc/self/fd")
        let threads = try count("/proc/self/task")
        for _ in 0..<10 {
            let session = try session()
            _ = events(of: session) { !$0.isEmpty }
            ct_session_destroy(session)
        }
        // Other suites run beside this one and have files and threads of their own. One left
        // behind by each session would be ten.
        let deadline = ContinuousClock.now + .seconds(20)
        var left = (descriptors: Int.max, threads: Int.max)
        while left.descriptors >= descriptors + 10 || left.threads >= threads + 10,
            ContinuousClock.now < deadline
        {
            usleep(20_000)
            left.descriptors = min(left.descriptors, try count("/proc/self/fd"))
            left.threads = min(left.threads, try count("/proc/self/task"))
        }
        #expect(left.descriptors < descriptors + 10)
        #expect(left.threads < threads + 10)
    }

    private func count(_ folder: Path) throws -> Int {
        try Folder(folder).entries().count
    }

    // MARK: Events

    private struct Event {
        let kind: ct_event_kind
        let port: Int32
        let domain: ct_domain
        let code: Int32
        let text: String
    }

    private final class Events {
        var all: [Event] = []
    }

    /// Polls and drains until there are events enough, or ten seconds have passed.
    private func events(
        of session: OpaquePointer, until isEnough: ([Event]) -> Bool
    ) -> [Event] {
        let events = Events()
        let deadline = ContinuousClock.now + .seconds(10)
        while !isEnough(events.all), ContinuousClock.now < deadline {
            guard isReadable(ct_session_event_fd(session), milliseconds: 10_000) else { break }
            var error = ct_error()
            let context = Unmanaged.passUnretained(events).toOpaque()
            let done = ct_session_drain(
                session,
                { event, context in
                    guard let context else { return }
                    let event = event.pointee
                    let text = UnsafeRawBufferPointer(start: event.text, count: event.text_count)
                    Unmanaged<Events>.fromOpaque(context).takeUnretainedValue().all.append(
                        Event(
                            kind: event.kind, port: event.port, domain: event.error.domain,
                            code: event.error.code, text: String(decoding: text, as: UTF8.self)))
                }, context, &error)
            #expect(done, "\(error.text)")
        }
        return events.all
    }

    private func isReadable(_ descriptor: CInt, milliseconds: CInt) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, milliseconds) == 1
    }
}
