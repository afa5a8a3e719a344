import Disk
import Support

/// What a document of this project shows as code.
struct Markdown {
    struct Block {
        let language: String
        let firstLine: Int
        var text = ""

        /// Lines that end with a backslash go on in the next one.
        var commands: [String] {
            text.replacing("\\\n", with: "\\\u{1}").split(separator: "\n")
                .map { String($0).replacing("\u{1}", with: "\n") }
        }
    }

    /// As in `docs/loaders.md`.
    let name: String
    private(set) var blocks: [Block] = []
    /// `code` within sentences and tables.
    private(set) var spans: [String] = []

    init(_ name: String) throws {
        self.name = name
        let file = try FileDescriptor(Self.project.appending(name), .reading)
        let text = String(decoding: try file.contents(limit: 1 << 20), as: UTF8.self)
        var open: Block?
        var prose = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if line.hasPrefix("```") {
                if let block = open { blocks.append(block) }
                open =
                    open == nil
                    ? Block(language: String(line.dropFirst(3)), firstLine: index + 2) : nil
            } else if open != nil {
                open?.text += line + "\n"
            } else {
                prose += line + "\n"
            }
        }
        let parts = prose.split(separator: "`", omittingEmptySubsequences: false)
        spans = parts.indices.filter { !$0.isMultiple(of: 2) }.map {
            String(parts[$0]).replacing("\n", with: " ").replacing("\\|", with: "|")
        }
    }

    static let project = Path(#filePath).parent.parent.parent

    /// The README and `docs/`, the tutorial first. The reference is generated, and `HelpTests` runs
    /// its examples.
    static func all() throws -> [Markdown] {
        let docs = try Folder(project.appending("docs")).entries().map { "docs/\($0.name)" }
            .filter { $0.hasSuffix(".md") && $0 != "docs/reference.md" }.sorted()
        let tutorial = "docs/tutorial.md"
        return try ([tutorial, "README.md"] + docs.filter { $0 != tutorial }).map(Markdown.init)
    }
}
