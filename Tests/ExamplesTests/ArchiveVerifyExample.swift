import DatasetManifest
import ArchiveVerify
import Disk
import Support
import Testing

@Suite struct ArchiveVerifyExample {
    @Test("a folder of archives is proven, and one that lost its end is told as that")
    func verify() throws {
        let sample = try Sample()
        let bytes = try sample.folder.read("sample/tar/ILSVRC2012_img_val.tar")
        try sample.folder.write(
            Array(bytes.dropLast(10_240)), to: "sample/tar/ILSVRC2012_img_val.tar")

        let known = KnownFiles([sample.manifest])
        let targets = try TargetSearch(known: known).search([sample.path.appending("tar")])
        let wrong = Monitor<[String]>([])
        try Verifier(known: known).run(targets) { result in
            guard result.status != .ok else { return }
            let why = result.diagnosis?.sentence ?? "?"
            wrong.update { $0.append("\(result.target.file.name): \(why)") }
        }
        let lines = wrong.read { $0 }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("img_val.tar: cut short") })
    }
}
