internal import Disk

/// Counts the test images, or those of the patch that replaces some of them.
struct TestCheck {
    let tree: SplitTree
    let truth: Truth

    func run(_ findings: inout FindingList) -> DatasetReport.Labels {
        let images = tree.imageFolders.flatMap(\.test)
        if let patch = truth.facts.testPatch, tree.root.path.components.contains(patch.folder) {
            check(images, of: patch, &findings)
        } else {
            var numbers = NumberSet(truth.facts.images[.test])
            for number in images { numbers.add(number) }
            findings.add(numbers, prefix: "ILSVRC2012_test_", remedy: tree.unpackAgain)
        }
        return .none
    }

    /// The patch is unpacked beside the other images: few of them, of any number.
    private func check(
        _ images: [UInt32], of patch: DatasetFacts.TestPatch, _ findings: inout FindingList
    ) {
        let different = Set(images).count
        findings.addRepeated(
            Sightings(count: images.count - different), remedy: tree.unpackAgain)
        guard let wanted = patch.images else { return }
        findings.add(
            different < wanted ? .missingImages : .tooManyImages, abs(different - wanted),
            "\(thereAre(different, "image", "images")) of the patch, not "
                + shown(wanted),
            remedy: "unpack it again: \(run: .untar, .only(patch.file), .set(.force))")
    }
}

/// The numbers of the validation or test images that were found.
struct NumberSet {
    private let wanted: Int
    private var times: [UInt8]
    private var others: [UInt32] = []

    /// - Parameter wanted: how many there should be; nil if unknown.
    init(_ wanted: Int?) {
        self.wanted = max(0, min(wanted ?? 0, FolderTally.mostNumbers))
        times = [UInt8](repeating: 0, count: self.wanted + 1)
    }

    mutating func add(_ number: UInt32) {
        let index = Int(number)
        if wanted == 0 { return }
        if index >= 1 && index <= wanted {
            times[index] = times[index] == .max ? .max : times[index] + 1
        } else {
            others.append(number)
        }
    }

    /// The numbers that were found so many times.
    fileprivate func numbers(where isMeant: (UInt8) -> Bool) -> [Int] {
        times.indices.dropFirst().filter { isMeant(times[$0]) }
    }

    /// The numbers that no image of the data set has.
    fileprivate var beyond: [Int] { others.sorted().map(Int.init) }
}

extension FindingList {
    /// Adds what is wrong with the numbers of images.
    mutating func add(_ numbers: NumberSet, prefix: String, remedy: Remedy) {
        func names(_ numbers: [Int]) -> Sightings {
            Sightings(numbers) { number in
                let digits = String(number)
                return prefix + String(repeating: "0", count: max(0, 8 - digits.utf8.count))
                    + digits
            }
        }
        add(
            .missingImages, names(numbers.numbers { $0 == 0 }), "image is missing",
            "images are missing", remedy: remedy)
        addRepeated(names(numbers.numbers { $0 > 1 }), remedy: remedy)
        add(
            .tooManyImages, names(numbers.beyond),
            "image has a number that the data set does not have",
            "images have numbers that the data set does not have")
    }

    mutating func addRepeated(_ repeated: Sightings, remedy: Remedy) {
        add(
            .duplicateImages, repeated, "image is there more than once",
            "images are there more than once", remedy: remedy)
    }
}
