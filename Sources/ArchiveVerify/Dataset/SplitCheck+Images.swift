internal import DatasetManifest
internal import Disk

/// The images themselves: counts, classes and labels.
extension SplitCheck {
    // MARK: Train

    mutating func checkTrain() {
        let counts = trainCounts()
        var (few, many) = (Sightings(), Sightings())
        var (missing, extra) = (0, 0)
        var isCompared = false
        for (wnid, count) in counts.sorted(by: { $0.key < $1.key }) {
            guard let wanted = truth.trainImages(wnid) else { continue }
            isCompared = true
            let text = "\(wnid) has \(shown(count)) of \(shown(wanted))"
            if count < wanted {
                few.add(text)
                missing += wanted - count
            } else if count > wanted {
                many.add(text)
                extra += count - wanted
            }
        }
        let (lack, surplus) = (missing, extra)
        add(.missingImages, few, remedy: unpackAgain) {
            "\(counted($0, "class lacks", "classes lack")) \(counted(lack, "image", "images"))"
        }
        add(.tooManyImages, many) {
            "\(counted($0, "class has", "classes have")) "
                + "\(counted(surplus, "image", "images")) too many"
        }
        let total = counts.reduce(0) { $0 + $1.value }
        if !isCompared { checkTotal(total) }
        var repeated = Sightings()
        for index in imageFolders { repeated.add(folders[index].repeatedTrain) }
        addRepeated(repeated)
        checkPlaces()
    }

    /// Training images by the class in their names, those of classes with none included.
    private func trainCounts() -> [WNID: Int] {
        var counts: [WNID: Int] = [:]
        for wnid in truth.classes ?? [] where isFlat { counts[wnid] = 0 }
        for wnid in split.classes.compactMap(\.wnid) { counts[wnid] = 0 }
        for index in imageFolders {
            for (number, count) in folders[index].train {
                if let wnid = WNID(number: number) { counts[wnid, default: 0] += count }
            }
        }
        return counts
    }

    /// Without the devkit only the sum is known.
    private mutating func checkTotal(_ total: Int) {
        guard let wanted = truth.facts.images[split.kind] else { return }
        let devkit: Remedy = "with the devkit in DIR or in data/tar, the classes can be named"
        if total != wanted {
            findings.append(
                Finding(
                    kind: total < wanted ? .missingImages : .tooManyImages, isFault: true,
                    count: abs(total - wanted),
                    sentence: "there are \(shown(total)) \(split.kind.images) and not "
                        + shown(wanted),
                    remedy: total < wanted ? "\(unpackAgain); \(devkit)" : devkit))
        }
    }

    /// Whether each image is in the folder of the class that its name says.
    private mutating func checkPlaces() {
        labels = isFlat ? .proven : .unproven
        guard split.naming == .wnids else { return }
        var misplaced = Sightings()
        for item in split.classes {
            for index in item.folders {
                for (number, count) in folders[index].train {
                    guard let wnid = WNID(number: number), wnid != item.wnid else { continue }
                    misplaced.add(count, as: "\(shown(count)) of \(wnid) in \(item.name)")
                }
            }
        }
        let present = split.classes.compactMap(\.wnid).sorted()
        labels = misplaced.count > 0 ? .wrong : present == truth.classes ? .proven : .unproven
        add(.misplacedImages, misplaced, remedy: unpackAgain) {
            "\(counted($0, "image lies", "images lie")) in the folder of another class than its "
                + "name says"
        }
    }

    // MARK: Test

    mutating func checkTest() {
        labels = .none
        if let patch = truth.facts.testPatch, root.path.components.contains(patch.folder) {
            return checkPatch(patch)
        }
        var numbers = NumberSet(truth.facts.images[.test])
        for index in imageFolders {
            for number in folders[index].test { numbers.add(number) }
        }
        check(numbers, prefix: "ILSVRC2012_test_")
    }

    /// The images that the patch replaces, unpacked beside the others: few of them, of any number.
    private mutating func checkPatch(_ patch: DatasetFacts.TestPatch) {
        let numbers = imageFolders.flatMap { folders[$0].test }
        let (found, different) = (numbers.count, Set(numbers).count)
        var repeated = Sightings()
        repeated.add(found - different, as: nil)
        addRepeated(repeated)
        guard let wanted = patch.images, different != wanted else { return }
        findings.append(
            Finding(
                kind: different < wanted ? .missingImages : .tooManyImages, isFault: true,
                count: abs(different - wanted),
                sentence: "there are \(counted(different, "image", "images")) of the patch and not "
                    + shown(wanted),
                remedy: "unpack it again: \(run: .untar, .only(patch.file), .set(.force))"))
    }

    private mutating func addRepeated(_ repeated: Sightings) {
        add(.duplicateImages, repeated, remedy: unpackAgain) {
            "\(counted($0, "image is", "images are")) there more than once"
        }
    }

    mutating func check(_ numbers: NumberSet, prefix: String) {
        func name(_ number: Int) -> String {
            let digits = String(number)
            return prefix + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
        }
        add(.missingImages, numbers.missing(name), remedy: unpackAgain) {
            "\(counted($0, "image is", "images are")) missing"
        }
        addRepeated(numbers.repeated(name))
        add(.tooManyImages, numbers.beyond(name)) {
            "\(counted($0, "image has", "images have")) a number that the data set has not"
        }
    }
}

extension WNID {
    init?(number: UInt32) {
        let digits = String(number)
        guard digits.utf8.count <= 8 else { return nil }
        self.init("n" + String(repeating: "0", count: 8 - digits.utf8.count) + digits)
    }
}

/// The numbers of validation or test images that were met.
struct NumberSet {
    private let wanted: Int
    private var times: [UInt8]
    private var others: [UInt32] = []

    /// - Parameter wanted: how many there should be; nil where nobody knows.
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

    func missing(_ name: (Int) -> String) -> Sightings { sightings(name) { $0 == 0 } }

    func repeated(_ name: (Int) -> String) -> Sightings { sightings(name) { $0 > 1 } }

    func beyond(_ name: (Int) -> String) -> Sightings {
        var result = Sightings()
        for number in others.sorted() { result.add(name(Int(number))) }
        return result
    }

    private func sightings(_ name: (Int) -> String, where isMeant: (UInt8) -> Bool) -> Sightings {
        var result = Sightings()
        for number in times.indices.dropFirst() where isMeant(times[number]) {
            result.add(name(number))
        }
        return result
    }
}
