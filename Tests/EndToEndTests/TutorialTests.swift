import Disk
import Support
import Testing

/// `docs/tutorial.md`, as a reader follows it: every `sh` block in one folder, in order.
@Suite(.waiting) struct TutorialTests {
    @Test("every command of the tutorial works")
    func follow() throws {
        let folder = try TemporaryFolder()
        let blocks = try Self.blocks()
        #expect(blocks.count(where: { $0.language == "sh" }) > 8)
        let binaries = Path(Binary.absolute).parent
        for block in blocks {
            switch block.language {
            case "python": try folder.write(block.text, to: "train.py")
            case "sh":
                let result = try run(
                    "bash", ["-ec", "PATH=\(binaries):/usr/bin:$PATH\n\(block.text)"],
                    in: folder.path.description)
                #expect(result.status == 0, "\(block.text)\(result.output)\(result.errors)")
            default: break
            }
        }
    }

    private static func blocks() throws -> [(language: String, text: String)] {
        let project = Path(#filePath).parent.parent.parent
        let file = try FileDescriptor(project.appending("docs/tutorial.md"), .reading)
        let text = String(decoding: try file.contents(limit: 1 << 20), as: UTF8.self)
        var blocks: [(language: String, text: String)] = []
        var open: (language: String, text: String)?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open = open == nil ? (String(line.dropFirst(3)), "") : nil
            } else if let block = open {
                open = (block.language, block.text + line + "\n")
            }
        }
        return blocks
    }
}
