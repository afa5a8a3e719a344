internal import DatasetExport
internal import Disk

/// The bounding boxes of a sample, with all the oddities of ImageNet's own.
///
/// About two of five training images and every validation image have a file. Except in the odd
/// files, the boxes are where the objects are.
struct SampleBoxes: Sendable {
    static let trainName = "ILSVRC2012_bbox_train_v2.tar.gz"
    static let valName = "ILSVRC2012_bbox_val_v3.tgz"

    enum Oddity: CaseIterable, Sendable {
        /// `<filename>` is "%s": only the name of the file identifies the image.
        case nameless
        case reversed
        /// Coordinates outside the picture.
        case outside
        case fractions
        /// The first xmin is -1: no box counts.
        case voided
        /// The box is completely outside the picture.
        case vanishing
        /// Three objects.
        case several
        case noObject
        /// The first object has the WNID of another class.
        case otherClass
    }

    private let plan: SamplePlan

    init(_ plan: SamplePlan) { self.plan = plan }

    func trainArchive() throws(ExportError) -> [UInt8] {
        var deflater = try Deflater(.gzip)
        var tar = TarWriter(SampleDataset.tarAttributes)
        var random = SampleRandom(plan.options.seed, .boxes)
        var made = 0
        for rank in plan.classes.indices {
            let wnid = plan.classes[rank].wnid
            try tar.appendFolder(Path(wnid))
            for (index, number) in plan.numbers(rank).enumerated() {
                // The first image always has a file, so every sample has one.
                guard random.chance(420) || made == 0 else { continue }
                let name = plan.trainName(rank, number)
                let text = xml(
                    name, folder: wnid, rank, plan.trainPicture(rank, index), oddity(made))
                try tar.append(Path("\(wnid)/\(name).xml"), Array(text.utf8))
                made += 1
            }
            try deflater.append(tar.take())
        }
        tar.finish()
        try deflater.append(tar.take())
        return try deflater.finish()
    }

    func valArchive() throws(ExportError) -> [UInt8] {
        var deflater = try Deflater(.gzip)
        var tar = TarWriter(SampleDataset.tarAttributes)
        try tar.appendFolder("val")
        for index in 0..<plan.options.val {
            let name = plan.valName(index)
            let text = xml(
                name, folder: "val", plan.valLabels[index], plan.valPicture(index), nil)
            try tar.append(Path("val/\(name).xml"), Array(text.utf8))
            if index % 1000 == 999 { try deflater.append(tar.take()) }
        }
        tar.finish()
        try deflater.append(tar.take())
        return try deflater.finish()
    }

    /// Every second of the first files is odd, then one of eight.
    private func oddity(_ index: Int) -> Oddity? {
        let kinds = Oddity.allCases
        if index < 2 * kinds.count { return index.isMultiple(of: 2) ? nil : kinds[index / 2] }
        return index.isMultiple(of: 8) ? kinds[index / 8 % kinds.count] : nil
    }

    // MARK: One file

    private func xml(
        _ name: String, folder: String, _ rank: Int, _ picture: SamplePicture, _ oddity: Oddity?
    ) -> String {
        let own = plan.classes[rank]
        var text = """
            <annotation>
            \t<folder>\(folder)</folder>
            \t<filename>\(oddity == .nameless ? "%s" : name)</filename>
            \t<source>
            \t\t<database>ILSVRC_2012</database>
            \t</source>
            \t<size>
            \t\t<width>\(picture.width)</width>
            \t\t<height>\(picture.height)</height>
            \t\t<depth>3</depth>
            \t</size>
            \t<segmented>0</segmented>

            """
        if oddity == .noObject { return text + "</annotation>\n" }
        let called = own.isDog ? "sample_dog_\(own.id)" : own.wnid
        var boxes = picture.objects.map { corners($0, picture, oddity) }
        if oddity == .several, let box = picture.objects.first {
            boxes.append(corners(box, picture, .fractions))
            boxes.append(corners(box, picture, .reversed))
        }
        for (index, box) in boxes.enumerated() {
            let other = plan.classes[(rank + 1) % plan.classes.count].wnid
            text += object(oddity == .otherClass && index == 0 ? other : called, box)
        }
        return text + "</annotation>\n"
    }

    private func corners(
        _ box: SamplePicture.Box, _ picture: SamplePicture, _ oddity: Oddity?
    ) -> [String] {
        let (x0, y0, x1, y1) = (box.xMin, box.yMin, box.xMax, box.yMax)
        let (width, height) = (picture.width, picture.height)
        switch oddity {
        case .reversed: return ["\(x1)", "\(y1)", "\(x0)", "\(y0)"]
        case .outside: return ["-7", "\(y0)", "\(width + 12)", "\(height + 3)"]
        case .fractions: return ["\(x0).5", "\(y0).25", "\(x1).75", "\(y1).0"]
        case .voided: return ["-1", "-1", "-1", "-1"]
        case .vanishing: return ["\(width + 5)", "\(y0)", "\(width + 40)", "\(y1)"]
        default: return ["\(x0)", "\(y0)", "\(x1)", "\(y1)"]
        }
    }

    private func object(_ name: String, _ corners: [String]) -> String {
        """
        \t<object>
        \t\t<name>\(name)</name>
        \t\t<pose>Unspecified</pose>
        \t\t<truncated>0</truncated>
        \t\t<difficult>0</difficult>
        \t\t<bndbox>
        \t\t\t<xmin>\(corners[0])</xmin>
        \t\t\t<ymin>\(corners[1])</ymin>
        \t\t\t<xmax>\(corners[2])</xmax>
        \t\t\t<ymax>\(corners[3])</ymax>
        \t\t</bndbox>
        \t</object>

        """
    }
}
