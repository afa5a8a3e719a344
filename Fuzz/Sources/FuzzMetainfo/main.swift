import Driver
import TorrentFetch

fuzz { input in
    guard let metainfo = try? Metainfo(input, source: "input") else { return }
    precondition(metainfo.pieceHashes.count == 20 * metainfo.pieceCount)
    precondition(!metainfo.name.isEmpty && !metainfo.name.contains("/"))
}
