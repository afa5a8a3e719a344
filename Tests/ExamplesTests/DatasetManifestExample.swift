import Checksums
import DatasetManifest
import Testing

@Suite struct DatasetManifestExample {
    @Test("what an archive is, and what proves it")
    func archive() throws {
        let manifest = try BuiltIn.manifest(named: "ilsvrc2012")
        let chosen = try manifest.select(.parts(["train", "val"]))
        var lines: [String] = []
        for file in chosen.files {
            let md5 = file.digests.first { $0.algorithm == .md5 }
            lines.append("\(md5?.hex ?? "?")  \(file.name)")
            if let swarm = file.torrent { lines.append("urn:btih:\(swarm.hex)") }
        }
        #expect(
            lines == [
                "1d675b47d978889d74fa0da5fadfb00e  ILSVRC2012_img_train.tar",
                "urn:btih:a306397ccf9c2ead27155983c254227c0fd938e2",
                "29b22e2961454d5413ddabcf34fc5622  ILSVRC2012_img_val.tar",
                "urn:btih:5d6d0df7ed81efd49ca99ea4737e0ae5e3a5f2e5",
            ])
    }
}
