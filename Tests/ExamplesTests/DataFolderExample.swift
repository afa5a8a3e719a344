import Checksums
import DataFolder
import Disk
import Support
import Testing

@Suite struct DataFolderExample {
    @Test("a proof is written down, and holds until somebody touches the file")
    func receipt() throws {
        let folder = try TemporaryFolder()
        try folder.write("an archive", to: "tar/mine.tar")
        let data = DataFolder(folder.path)
        let identity = try FileDescriptor(data.archive("mine.tar"), .reading).identity()
        let digest = Hasher.digest(.sha256, Array("an archive".utf8))
        try data.receipts.save(
            Receipt(fileName: "mine.tar", digests: [digest], identity: identity, proof: .digests))

        let found = try data.look(for: "mine.tar")
        guard case .receipt(let receipt) = found.receipt else {
            throw DataFolderExample.NoReceipt()
        }
        #expect(found.final.map { receipt.holds(for: $0.identity) } == true)
        try folder.write("another one", to: "tar/mine.tar")
        let now = try #require(try data.look(for: "mine.tar").final)
        #expect(!receipt.holds(for: now.identity))
    }

    struct NoReceipt: Error {}
}
