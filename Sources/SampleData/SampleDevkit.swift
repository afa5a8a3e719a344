internal import DatasetExport
internal import Disk

/// The development kit of a sample: the synsets and the ground truth, as in ILSVRC2012.
enum SampleDevkit {
    static let name = "ILSVRC2012_devkit_t12.tar.gz"

    static func archive(_ plan: SamplePlan) throws(ExportError) -> [UInt8] {
        let top = Path("ILSVRC2012_devkit_t12")
        var tar = TarWriter(SampleDataset.tarAttributes)
        try tar.appendFolder(top)
        try tar.append(top.appending("COPYING"), Array(copying.utf8))
        try tar.append(top.appending("readme.txt"), Array(readme(plan).utf8))
        try tar.appendFolder(top.appending("data"))
        try tar.append(
            top.appending("data/ILSVRC2012_validation_ground_truth.txt"), plan.groundTruth)
        try tar.append(top.appending("data/meta.mat"), try meta(plan))
        try tar.appendFolder(top.appending("evaluation"))
        try tar.append(top.appending("evaluation/demo.val.pred.txt"), prediction(plan))
        tar.finish()
        return try Deflater.compress(tar.take(), .gzip)
    }

    private static let copying = """
        The pictures and texts of this sample were made by a program and show nothing; use them \
        as you like.

        """

    private static func readme(_ plan: SamplePlan) -> String {
        """
        \(plan.options.title)

        data/meta.mat                                  the synsets: classes 1 to \
        \(plan.classes.count), then the nodes above them
        data/ILSVRC2012_validation_ground_truth.txt    an ILSVRC2012_ID a line, in the order of \
        the validation images' names
        evaluation/demo.val.pred.txt                   a prediction that is always right

        ILSVRC2012_ID is a number of this kit's own. The rank of the WNIDs, which training \
        frameworks use as the label, is another.

        """
    }

    /// Five guesses per line, the first one right.
    private static func prediction(_ plan: SamplePlan) -> [UInt8] {
        let count = plan.classes.count
        return plan.valLabels.flatMap { rank in
            let id = plan.classes[rank].id
            let guesses = (0..<min(5, count)).map { "\((id - 1 + $0) % count + 1)" }
            return Array((guesses.joined(separator: " ") + "\n").utf8)
        }
    }

    // MARK: Synsets

    /// `synsets`: a column of structs, classes first, ordered by id.
    static func meta(_ plan: SamplePlan) throws(ExportError) -> [UInt8] {
        let fields = [
            "ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children",
            "wordnet_height", "num_train_images",
        ]
        let leaves = plan.classes.sorted { $0.id < $1.id }.map { leaf -> [MatWriter.Value] in
            [
                .row([leaf.id]), .text(leaf.wnid), .text(leaf.words), .text(leaf.gloss), .row([0]),
                .row([]), .row([0]), .row([leaf.count]),
            ]
        }
        let nodes = nodes(over: leaves.count).enumerated().map { index, node in
            [
                .row([leaves.count + 1 + index]), .text(plan.spareWNIDs[index]),
                .text(index == 0 ? "sample entity" : "sample group \(index)"),
                .text("what \(node.children.count) kinds below it have in common"),
                .row([node.children.count]), .row(node.children), .row([node.height]), .row([0]),
            ] as [MatWriter.Value]
        }
        return try MatWriter.file(name: "synsets", .structs(fields, leaves + nodes))
    }

    struct Node {
        let height: Int
        let children: [Int]
    }

    /// The nodes above the classes 1 to `count`, the root first: ids `count + 1` and up.
    ///
    /// A node has up to six children, level by level, until one node is left.
    static func nodes(over count: Int) -> [Node] {
        var layers: [[Node]] = []
        var below = Array(1...count)
        // Numbered from the bottom here, and reversed below.
        var next = 0
        repeat {
            let layer = stride(from: 0, to: below.count, by: 6).map { start in
                let children = Array(below[start..<min(start + 6, below.count)])
                return Node(height: layers.count + 1, children: children)
            }
            below = layer.indices.map { -(next + $0) }
            next += layer.count
            layers.append(layer)
        } while below.count > 1
        // Number k from the bottom, stored as -k, becomes id count + total - k.
        return layers.joined().reversed().map { node in
            let children =
                node.height == 1 ? node.children : node.children.map { count + next + $0 }
            return Node(height: node.height, children: children.sorted())
        }
    }
}
