import Disk
import Testing

@testable import TorrentFetch

@Suite struct MemberNameTests {
    @Test("a name has the tar in front, if there is one")
    func parts() throws {
        let image = try #require(MemberName("n01440764.tar/n01440764_10026.JPEG"))
        #expect(image.container == "n01440764.tar" && image.name == "n01440764_10026.JPEG")
        let flat = try #require(MemberName("val/ILSVRC2012_val_00000293.JPEG"))
        #expect(flat.container == nil && flat.name == "val/ILSVRC2012_val_00000293.JPEG")
        let deep = try #require(MemberName("train/n01440764.tar/b.tar/c"))
        #expect(deep.container == "train/n01440764.tar" && deep.name == "b.tar/c")
        let tar = try #require(MemberName("n01440764.tar"))
        #expect(tar.container == nil && tar.name == "n01440764.tar")
    }

    @Test(
        "what leads elsewhere is no name",
        arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/./b"])
    func refused(_ text: String) { #expect(MemberName(Path(text)) == nil) }

    @Test("a name that no file system can hold is no name")
    func long() {
        #expect(MemberName(Path(String(repeating: "x", count: 256))) == nil)
        #expect(MemberName(Path(String(repeating: "x/", count: 3000) + "x")) == nil)
    }
}
