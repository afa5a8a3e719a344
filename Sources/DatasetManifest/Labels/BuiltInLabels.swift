internal import Checksums

extension BuiltIn {
    /// The classes of ILSVRC2012 with their ids and words, without the labels of its validation
    /// images.
    package static let classes: ClassLabels? = try? ClassLabels(
        facts, in: "ilsvrc2012-classes.tsv", truth: nil, source: labelSource)

    /// The classes and labels of ILSVRC2012.
    package static let labels: ClassLabels? = {
        guard let resource = resource(named: "ilsvrc2012-val-ids.txt"),
            case .ids(let ids)? = try? LabelText(Array(resource.bytes), file: resource.name)
        else { return nil }
        let truth = ClassLabels.Truth(list: .ids(ids), file: resource.name)
        return try? classes?.replacingValidation(truth, source: labelSource)
    }()

    /// The built-in labels of a data set with these pins; nil if they belong to another data set.
    ///
    /// One that pins only the classes may have other validation images, and gets no labels for
    /// them. Without any pin nobody knows which labels are right.
    public static func labels(for pins: Manifest.LabelPins?) -> ClassLabels? {
        guard let pins, pins != Manifest.LabelPins(), let own = ownPins,
            pins.wnids ?? own.wnids == own.wnids, pins.valWNIDs ?? own.valWNIDs == own.valWNIDs
        else { return nil }
        return pins.valWNIDs == nil ? classes : labels
    }

    /// The built-in classes of a data set with these pins, which cost less to read than its labels.
    public static func classes(for pins: Manifest.LabelPins?) -> ClassLabels? {
        guard let own = ownPins, pins == own || pins?.wnids == own.wnids else { return nil }
        return classes
    }

    static let labelSource = "built-in labels of ILSVRC2012"

    private static var ownPins: Manifest.LabelPins? { manifests.first?.labels }

    /// A line is `449<tab>n01440764<tab>tench, Tinca tinca`.
    private static var facts: [ClassLabels.Fact] {
        guard let resource = resource(named: "ilsvrc2012-classes.tsv") else { return [] }
        return resource.bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: "\t"))
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 3, let id = Int(fields[0]), let wnid = WNID(fields[1]) else {
                return nil
            }
            return ClassLabels.Fact(
                id: id, wnid: wnid, words: fields[2].split(separator: ", ").map { String($0) })
        }
    }
}
