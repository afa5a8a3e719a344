internal import Glibc

/// For trees of very many files: as few system calls for each file as possible.
extension Folder {
    /// Makes a new file of this folder with all its bytes: `openat(2)`, `write(2)`, `close(2)` and
    /// nothing else. An existing file or link is an error.
    ///
    /// - Parameter name: one component.
    public func create(
        _ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, mode: UInt32 = 0o666
    ) throws(DiskError) {
        let file = try opened(name, O_WRONLY | O_CREAT | O_EXCL, mode)
        var done = 0
        do throws(DiskError) {
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                done += try calling(.write, shown(name)) {
                    Glibc.write(file, rest.baseAddress, rest.count)
                }
            }
        } catch {
            _ = Glibc.close(file)
            throw error
        }
        // Not repeated on EINTR: Linux has released the descriptor by then.
        let failed = Glibc.close(file) != 0 && errno != EINTR
        if failed { throw DiskError(.close, shown(name), errno: errno) }
        if case .failure(let code)? = Faults.next(.close, shown(name)) {
            throw DiskError(.close, shown(name), errno: code)
        }
    }

    /// Whether a file of this folder has exactly these bytes. False for a missing file, a link or a
    /// folder.
    ///
    /// - Parameter scratch: memory to read into, of any length above zero.
    public func holds(
        _ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer,
        scratch: UnsafeMutableRawBufferPointer
    ) throws(DiskError) -> Bool {
        let file: CInt
        do throws(DiskError) {
            file = try opened(name, O_RDONLY | O_NONBLOCK, 0)
        } catch {
            switch error.code {
            case .notFound, .isALink, .isAFolder: return false
            default: throw error
            }
        }
        defer { _ = Glibc.close(file) }
        var done = 0
        while true {
            let at = done
            let count = try calling(.pread, shown(name)) {
                pread(file, scratch.baseAddress, scratch.count, off_t(at))
            }
            if count == 0 { return done == bytes.count }
            guard count <= bytes.count - done, let held = bytes.baseAddress,
                let read = scratch.baseAddress, memcmp(held + done, read, count) == 0
            else { return false }
            done += count
        }
    }

    // MARK: Links

    /// Makes a symbolic link in this folder (`symlinkat(2)`), whether or not `target` exists.
    public func makeSymbolicLink(_ name: Path, to target: Path) throws(DiskError) {
        let name = try single(name)
        _ = try calling(.symlinkat, path.appending(name)) {
            name.withCString { new in target.withCString { symlinkat($0, raw, new) } }
        }
    }

    // MARK: Parts

    private func opened(
        _ name: UnsafeRawBufferPointer, _ flags: CInt, _ mode: UInt32
    ) throws(DiskError) -> CInt {
        // A slash, or nothing but dots, would lead out of this folder.
        if name.isEmpty || name.contains(UInt8(ascii: "/")) || name.contains(0)
            || name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8)
        {
            throw .unsafeName(Path(bytes: name), in: path)
        }
        return try calling(.open, shown(name)) {
            Self.terminated(name) { openat(raw, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
        }
    }

    private func shown(_ name: UnsafeRawBufferPointer) -> Path {
        path.appending(Path(bytes: name))
    }

    /// The name with a terminating zero, on the stack.
    @inline(__always)
    private static func terminated<R>(
        _ name: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>) -> R
    ) -> R {
        withUnsafeTemporaryAllocation(byteCount: name.count + 1, alignment: 1) { copy in
            copy.copyMemory(from: name)
            copy[name.count] = 0
            return copy.withMemoryRebound(to: CChar.self) { text in
                guard let base = text.baseAddress else { return body("") }
                return body(base)
            }
        }
    }
}

extension Path {
    /// The absolute path, with all links followed (`realpath(3)`), for links from anywhere.
    public func resolved() throws(DiskError) -> Path {
        let found = withCString { realpath($0, nil) }
        guard let found else { throw DiskError(.realpath, self, errno: errno) }
        defer { free(found) }
        return Path(bytes: UnsafeRawBufferPointer(start: found, count: strlen(found)))
    }
}
