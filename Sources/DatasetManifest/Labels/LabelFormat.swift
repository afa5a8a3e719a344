internal import Disk

/// The shapes in which labels can be written out.
public enum LabelFormat: String, CaseIterable, Sendable {
    case ids, wnids, synsets, gist, keras, json

    /// Which numbering the lines are in, for a person.
    public var numbering: String {
        switch self {
        case .ids: "ILSVRC ids (from 1, devkit order), a validation image a line"
        case .wnids: "WNIDs, a validation image a line"
        case .synsets: "WNIDs ascending, a class a line; line number - 1 is the rank (class index)"
        case .gist: "ranks (class index, from 0, by ascending WNID)"
        case .keras: "ranks (class index, from 0, by ascending WNID), as imagenet_class_index.json"
        case .json: "each class with its ILSVRC id (from 1), WNID and rank (from 0)"
        }
    }
}

extension ClassLabels {
    /// The labels in a format, a line each, without line ends.
    ///
    /// - Throws: `.incomplete` when this source lacks what the format needs.
    public func lines(as format: LabelFormat) throws(LabelError) -> [String] {
        switch format {
        case .ids:
            guard let validation = validationIDs else { throw lacking("ILSVRC ids") }
            return validation.map { "\($0)" }
        case .wnids:
            guard let validation = validationWNIDs else { throw lacking("validation labels") }
            return validation.map { "\($0)" }
        case .synsets: return classes.map { "\($0.wnid)" }
        case .gist: return try gistLines()
        case .keras:
            let entries = try classes.map { item throws(LabelError) in
                let word = try firstWord(item).replacing(" ", with: "_")
                return "\"\(item.rank)\": [\"\(item.wnid)\", \(quotedForJSON(word))]"
            }
            return ["{" + entries.joined(separator: ", ") + "}"]
        case .json:
            let objects = classes.map { jsonObject($0) }
            return objects.enumerated().map { index, object in
                (index == 0 ? "[" : " ") + object + (index == objects.count - 1 ? "]" : ",")
            }
        }
    }

    private func gistLines() throws(LabelError) -> [String] {
        try classes.map { item throws(LabelError) in
            _ = try firstWord(item)
            let text = pythonText(item.words.joined(separator: ", "))
            return (item.rank == 0 ? "{" : " ") + "\(item.rank): \(text)"
                + (item.rank == classes.count - 1 ? "}" : ",")
        }
    }

    private func firstWord(_ item: Class) throws(LabelError) -> String {
        guard let word = item.words.first else { throw lacking("words") }
        return word
    }

    private func lacking(_ what: String) -> LabelError {
        .incomplete(
            source, "it has no \(what)", hint: "the devkit archive has ids, words and labels")
    }

    private func jsonObject(_ item: Class) -> String {
        var members: [String] = []
        if let id = item.id { members.append("\"id\": \(id)") }
        members.append("\"wnid\": \"\(item.wnid)\"")
        members.append("\"rank\": \(item.rank)")
        members.append("\"words\": [\(item.words.map(quotedForJSON).joined(separator: ", "))]")
        if let gloss = item.gloss { members.append("\"gloss\": \(quotedForJSON(gloss))") }
        if let images = item.trainImages { members.append("\"trainImages\": \(images)") }
        return "{" + members.joined(separator: ", ") + "}"
    }

    /// A string literal as Python's `repr` writes it.
    private func pythonText(_ text: String) -> String {
        let quote: Unicode.Scalar = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", quote: result += "\\\(scalar)"
            case _ where isControl(scalar):
                let hex = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - hex.utf8.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + String(quote)
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    }
}
