// Fetches one file from one peer into a staging file and says how long that took, digest included:
//
//     swarm-speed torrent FILE TORRENT             makes a torrent with pieces of 2 MiB
//     swarm-speed zeros SIZE TORRENT               the same for a file of zeros that need not exist
//     swarm-speed fetch TORRENT FILE PORT [utp]    fetches from 127.0.0.1:PORT
//     swarm-speed add TORRENT FILE                 adds a whole sparse file, and asks for its status

import Checksums
import DataFolder
import DatasetManifest
import Disk
import Glibc
import TorrentFetch

let pieceLength = 2 << 20
let words = CommandLine.arguments

func read(_ path: String) throws -> [UInt8] {
    try FileDescriptor(Path(path), .reading).contents(limit: 1 << 26)
}

func publish(_ torrent: TorrentFile, to path: String) throws {
    let target = Path(path)
    try Folder(target.parent).publish(target.lastComponent, torrent.bytes)
}

func peakMebibytes() -> Int {
    var usage = rusage()
    getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss >> 10
}

func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

func pieceMap(_ torrent: [UInt8]) throws -> PieceMap {
    let info = try Metainfo(torrent, source: "the torrent")
    return try PieceMap(
        pieceLength: info.pieceLength, size: info.size, hashes: info.pieceHashes)
}

func staging(_ map: PieceMap, _ path: String, proven: PieceSet) throws -> StagingFile {
    let file = try FileDescriptor(Path(path), .openingOrCreating)
    try file.truncate(to: map.size)
    return StagingFile(
        file, size: map.size, pieceLength: map.pieceLength, map: map, proven: proven,
        from: .init(offset: 0, fan: HashFan([.md5])), holds: 8)
}

func fetch(_ bytes: [UInt8], to path: String, from port: UInt16, overTCP: Bool) throws {
    let map = try pieceMap(bytes)
    let staging = try staging(map, path, proven: PieceSet(count: map.count))
    let buffers = PieceBuffers(pieceLength: map.pieceLength, bytes: 64 << 20)
    let threads = [Thread { staging.work() }, Thread { staging.hash() }]
    var settings = Swarm.Settings()
    settings.addresses = ["127.0.0.1"]
    settings.usesDHT = false
    settings.usesTCP = overTCP
    settings.peers = [Swarm.Peer(address: "127.0.0.1", port: port)]
    let swarm = try Swarm(settings)
    let store = SwarmStore(staging: staging, buffers: buffers) { swarm.resumeWriters() }
    let start = ContinuousClock.now
    try swarm.add(
        metainfo: bytes, have: [UInt8](repeating: 0, count: (map.count + 7) / 8), trackers: [],
        store: store)
    let digests = try staging.finish()
    let taken = ContinuousClock.now - start
    let status = swarm.status
    swarm.end()
    staging.close()
    for thread in threads { thread.join() }
    print(
        "\(digests?.first?.hex ?? "none") \(taken) processor \(processorSeconds()) s, "
            + "peak \(peakMebibytes()) MiB, by TCP \(status?.tcpPeers ?? 0)")
}

func add(_ bytes: [UInt8], _ path: String) throws {
    let start = ContinuousClock.now
    let map = try pieceMap(bytes)
    var proven = PieceSet(count: map.count)
    for piece in 0..<map.count - 1 { proven[piece] = true }
    let staging = try staging(map, path, proven: proven)
    let have = Checksums.bytes(fromHex: staging.proven.hex) ?? []
    let buffers = PieceBuffers(pieceLength: map.pieceLength, bytes: 64 << 20)
    var settings = Swarm.Settings()
    settings.addresses = ["127.0.0.1"]
    settings.usesDHT = false
    let swarm = try Swarm(settings)
    let store = SwarmStore(staging: staging, buffers: buffers) { swarm.resumeWriters() }
    try swarm.add(metainfo: bytes, have: have, trackers: [], store: store)
    while swarm.status?.pieces != map.count - 1 { usleep(1000) }
    print("\(map.count) pieces: \(ContinuousClock.now - start), peak \(peakMebibytes()) MiB")
    swarm.end()
    staging.close()
}

switch (words.dropFirst().first, words.count) {
case ("torrent", 4):
    let file = try FileDescriptor(Path(words[2]), .reading)
    var builder = PieceMapBuilder(pieceLength: pieceLength)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceLength, alignment: 4096)
    var offset: Int64 = 0
    while true {
        let count = try file.readUpTo(chunk, at: offset)
        if count == 0 { break }
        builder.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
        offset += Int64(count)
    }
    let name = Path(words[2]).lastComponent.description
    try publish(TorrentFile(name: name, pieces: builder.map(), trackers: []), to: words[3])
case ("zeros", 4):
    let size = Int64(words[2]) ?? 0
    let zero = Hasher.digest(.sha1, [UInt8](repeating: 0, count: pieceLength)).bytes
    let rest = Hasher.digest(.sha1, [UInt8](repeating: 0, count: Int(size % Int64(pieceLength))))
    let full = Int(size / Int64(pieceLength))
    let hashes =
        (0..<full).flatMap { _ in zero } + (size % Int64(pieceLength) > 0 ? rest.bytes : [])
    let map = try PieceMap(pieceLength: pieceLength, size: size, hashes: hashes)
    try publish(TorrentFile(name: "zeros", pieces: map, trackers: []), to: words[3])
case ("fetch", 5...):
    try fetch(
        read(words[2]), to: words[3], from: UInt16(words[4]) ?? 0,
        overTCP: words.dropFirst(5).first != "utp")
case ("add", 4): try add(read(words[2]), words[3])
default: print("see the head of main.swift")
}
