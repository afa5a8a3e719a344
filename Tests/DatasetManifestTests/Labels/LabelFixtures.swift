import Disk
import Support

@testable import DatasetManifest

/// The MAT files that SciPy made, and a tiny data set of six classes around them.
enum LabelFixtures {
    /// The classes' WNIDs by rank, and the ILSVRC ids in the same order.
    static let wnids = [
        "n01440764", "n02100735", "n02119789", "n03710721", "n04266014", "n07930864",
    ]
    static let ids = [3, 2, 1, 4, 6, 5]

    /// The ground truth of eight validation images, as ids and as WNIDs.
    static let truthIDs = [3, 1, 6, 6, 2, 5, 4, 3]
    static var truthWNIDs: [String] {
        truthIDs.map { id in wnids[ids.firstIndex(of: id) ?? 0] }
    }
    static var truth: String { lines(truthIDs.map { "\($0)" }) }

    static func lines(_ items: [String]) -> String { items.map { $0 + "\n" }.joined() }

    static func golden(_ name: String) throws -> [UInt8] {
        let here = Path(#filePath).parent.parent
        let path = here.appending("Golden/labels").appending(name)
        return try FileDescriptor(path, .reading).contents(limit: 1 << 20)
    }

    /// A devkit as it is downloaded, with what else is in it.
    static func devkit(meta: [UInt8], truth: String = truth) -> TarBytes {
        var tar = TarBytes()
        let top = "ILSVRC2012_devkit_t12/"
        tar.add(top, type: "5")
        tar.add(top + "COPYING", "terms")
        tar.add(Array((top + "data/meta.mat").utf8), meta)
        tar.add(top + "data/ILSVRC2012_validation_ground_truth.txt", truth)
        tar.add(top + "evaluation/demo.val.pred.txt", "1 2 3 4 5\n")
        tar.end()
        return tar
    }

    static func box(_ wnid: String) -> String {
        """
        <annotation>
        \t<folder>val</folder><filename>ILSVRC2012_val_00000001</filename>
        \t<source><database>ILSVRC_2012</database><name>not this</name></source>
        \t<object>
        \t\t<name>\(wnid)</name>
        \t\t<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
        \t</object>
        \t<object><name>n00000001</name></object>
        </annotation>
        """
    }

    /// A box archive, members not in the order of the images.
    static func boxes(_ wnids: [String]) -> TarBytes {
        var tar = TarBytes()
        tar.add("./._x.xml", "resource fork")
        for (index, wnid) in wnids.enumerated().reversed() {
            tar.add("val/ILSVRC2012_val_0000000\(index + 1).xml", box(wnid))
        }
        tar.end()
        return tar
    }
}
