internal import DatasetManifest
internal import Disk

/// Counts the training images, and checks that each is in the folder of its class.
struct TrainCheck {
    let tree: SplitTree
    let truth: Truth

    func run(_ findings: inout FindingList) -> DatasetReport.Labels {
        checkCounts(&findings)
        var repeated = Sightings()
        for folder in tree.imageFolders { repeated.add(folder.repeatedTrain) }
        findings.addRepeated(repeated, remedy: tree.unpackAgain)
        return checkPlaces(&findings)
    }

    private func checkCounts(_ findings: inout FindingList) {
        let counts = counts
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
        let lack = counted(missing, "image", "images")
        findings.add(
            .missingImages, few, "class lacks \(lack)", "classes lack \(lack)",
            remedy: tree.unpackAgain)
        let surplus = counted(extra, "image", "images")
        findings.add(
            .tooManyImages, many, "class has \(surplus) too many",
            "classes have \(surplus) too many")
        if !isCompared { checkTotal(counts.reduce(0) { $0 + $1.value }, &findings) }
    }

    /// Training images by the class in their names, including classes without images.
    private var counts: [WNID: Int] {
        var counts: [WNID: Int] = [:]
        for wnid in tree.wnids + (tree.isFlat ? truth.classes ?? [] : []) { counts[wnid] = 0 }
        for folder in tree.imageFolders {
            for (number, count) in folder.train {
                if let wnid = WNID(number: number) { counts[wnid, default: 0] += count }
            }
        }
        return counts
    }

    /// Without the devkit only the sum is known.
    private func checkTotal(_ total: Int, _ findings: inout FindingList) {
        guard let wanted = truth.facts.images[.train] else { return }
        let devkit = Truth.classesNeedDevkit
        findings.add(
            total < wanted ? .missingImages : .tooManyImages, abs(total - wanted),
            "there are \(shown(total)) training images, not \(shown(wanted))",
            remedy: total < wanted ? "\(tree.unpackAgain); \(devkit)" : devkit)
    }

    /// Whether each image is in the folder of the class that its name says.
    private func checkPlaces(_ findings: inout FindingList) -> DatasetReport.Labels {
        guard tree.split.naming == .wnids else { return tree.isFlat ? .proven : .unproven }
        var misplaced = Sightings()
        var places: [(WNID, Path)] = []
        for item in tree.split.classes {
            for folder in item.folders.map({ tree.folders[$0] }) {
                for (number, count) in folder.train {
                    guard let wnid = WNID(number: number), wnid != item.wnid else { continue }
                    places.append((wnid, folder.path))
                    misplaced.add(count, as: "\(shown(count)) of \(wnid) in \(item.name)")
                }
            }
        }
        findings.add(
            .misplacedImages, misplaced, "image has the name of another class than its folder",
            "images have the names of other classes than their folders",
            remedy: Mending(tree: tree).moveTrain(places) ?? tree.unpackAgain)
        if misplaced.count > 0 { return .wrong }
        return tree.wnids.sorted() == truth.classes ? .proven : .unproven
    }
}
