internal import Glibc

/// A port of 127.0.0.1 that nobody listened on a moment ago.
public func freePort() throws -> UInt16 {
    let probe = loopbackSocket()
    defer { close(probe) }
    var address = loopbackAddress(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(probe, $0, length) == 0 && getsockname(probe, $0, &length) == 0
        }
    }
    guard isBound else { throw LoopbackServer.Failed(reason: "no loopback port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
}

/// Whether somebody listens on a port of 127.0.0.1.
public func isListening(_ port: UInt16) -> Bool {
    guard let socket = connectedSocket(port) else { return false }
    close(socket)
    return true
}

/// Waits until somebody listens on a port of 127.0.0.1, a minute at most.
public func waitForListener(_ port: UInt16, _ name: String) throws {
    if eventually({ isListening(port) }) { return }
    throw LoopbackServer.Failed(reason: "\(name) does not listen")
}

/// The whole answer to a GET for `path` from a port of 127.0.0.1; empty where there is none.
public func loopbackAnswer(_ path: String, from port: UInt16) -> [UInt8] {
    guard let socket = connectedSocket(port) else { return [] }
    defer { close(socket) }
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(
        socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let request = Array("GET \(path) HTTP/1.0\r\n\r\n".utf8)
    guard send(socket, request, request.count, CInt(MSG_NOSIGNAL)) == request.count else {
        return []
    }
    var answer: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = recv(socket, &bytes, bytes.count, 0)
        if count <= 0 { return answer }
        answer += bytes[..<count]
    }
}

/// A connection to a port of 127.0.0.1, nil where nobody listens.
func connectedSocket(_ port: UInt16) -> CInt? {
    let socket = loopbackSocket()
    var address = loopbackAddress(port)
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, length) == 0 }
    }
    if isConnected { return socket }
    close(socket)
    return nil
}

func loopbackSocket() -> CInt {
    socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
}

func loopbackAddress(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    return address
}
