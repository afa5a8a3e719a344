internal import DatasetManifest
internal import Disk

/// A count of things, with the names of the first few.
struct Sightings: Sendable {
    static let most = 3

    private(set) var count = 0
    /// Safe for a terminal.
    private(set) var examples: [String] = []
    /// Whether there are more than the examples.
    private(set) var hasMore = false
    /// Where the first ones are, if that was told: as many as a command line takes.
    private(set) var paths: [Path] = []

    init() {}

    /// Without examples.
    init(count: Int) { self.count = count }

    init<Items: Sequence>(_ items: Items, _ name: (Items.Element) -> String) {
        for item in items { add(name(item)) }
    }

    mutating func add(_ name: @autoclosure () -> String) {
        count += 1
        if examples.count < Self.most { examples.append(name()) } else { hasMore = true }
    }

    mutating func add(_ name: @autoclosure () -> String, at path: @autoclosure () -> Path) {
        add(name())
        if paths.count < Mending.most { paths.append(path()) }
    }

    /// Several with one example.
    mutating func add(_ more: Int, as place: String) {
        guard more > 0 else { return }
        count += more
        if examples.count < Self.most { examples.append(place) } else { hasMore = true }
    }

    mutating func add(_ other: Sightings) {
        count += other.count
        let room = Self.most - examples.count
        hasMore = hasMore || other.hasMore || other.examples.count > room
        examples += other.examples.prefix(room)
        paths += other.paths.prefix(Mending.most - paths.count)
    }

    /// With the folder in front of the examples.
    func below(_ folder: String) -> Sightings {
        var result = self
        result.examples = examples.map { "\(folder)/\($0)" }
        return result
    }
}

/// What one folder holds, by names alone.
struct FolderTally: Sendable {
    /// A validation image as it was found.
    struct Val: Sendable {
        let number: UInt32
        /// The class in its name; `noClass` where there is none.
        let label: UInt32
    }

    static let noClass = UInt32.max
    /// More than a folder can have without duplicates.
    static let mostNumbers = 1 << 20
    /// More than all training images.
    private static let mostTrain = 1 << 21

    let path: Path
    let parent: Int?
    /// Whether the folder is reached through a link.
    let isLink: Bool
    var children: [Int] = []

    /// Training images by the class in their names.
    private(set) var train: [UInt32: Int] = [:]
    private(set) var trainCount = 0
    /// Training images under more than one name.
    private(set) var repeatedTrain = Sightings()
    private(set) var val: [Val] = []
    private(set) var test: [UInt32] = []
    private(set) var otherImages = Sightings()
    private(set) var boxes = 0
    private(set) var archives = Sightings()
    /// Those of them that are named like a class.
    private(set) var classTars = 0
    private(set) var strays = Sightings()
    /// Files that begin with a dot; loaders open `hiddenImages` nevertheless.
    private(set) var hidden = Sightings()
    private(set) var hiddenImages = Sightings()
    /// Those of them that macOS made beside other files.
    private(set) var appleDoubles = 0
    var hiddenFolders = Sightings()
    var empty = Sightings()
    var dangling = Sightings()
    /// Why it could not be read completely.
    var fault: String?

    private var lastClass = Self.noClass
    private var lastCount = 0
    /// Class and number of each training image.
    private var trainNumbers: [UInt64] = []

    init(path: Path, parent: Int?, isLink: Bool) {
        self.path = path
        self.parent = parent
        self.isLink = isLink
    }

    var name: Path { path.lastComponent }

    /// Images that lie in it directly.
    var images: Int { trainCount + val.count + test.count + otherImages.count }

    var isEmpty: Bool {
        images == 0 && boxes == 0 && archives.count == 0 && strays.count == 0 && fault == nil
            && children.isEmpty
    }

    mutating func add(_ kind: ImageName, _ name: UnsafeRawBufferPointer) {
        if name.first == UInt8(ascii: ".") {
            hidden.add(escaped(name))
            guard kind.isImage else { return }
            hiddenImages.add(escaped(name))
            if name.starts(with: "._".utf8) { appleDoubles += 1 }
            return
        }
        switch kind {
        case .train(let number): addTrain(number, name)
        case .val(let number, let label):
            if val.count < Self.mostNumbers {
                val.append(Val(number: number, label: label ?? Self.noClass))
            }
        case .test(let number):
            if test.count < Self.mostNumbers { test.append(number) }
        case .image: otherImages.add(escaped(name), at: path.appending(Path(bytes: name)))
        case .box: boxes += 1
        case .archive:
            archives.add(escaped(name))
            if name.count == 13, name.suffix(4).elementsEqual(".tar".utf8),
                WNID(bytes: name.prefix(9)) != nil
            {
                classTars += 1
            }
        case .other: strays.add(escaped(name))
        }
    }

    /// Almost always of the same class as the image before.
    private mutating func addTrain(_ number: UInt32, _ name: UnsafeRawBufferPointer) {
        trainCount += 1
        if trainNumbers.count < Self.mostTrain, let image = ImageName.trainNumber(name) {
            trainNumbers.append(UInt64(number) << 32 | UInt64(image))
        }
        if number == lastClass {
            lastCount += 1
        } else {
            addLastClass()
            (lastClass, lastCount) = (number, 1)
        }
    }

    /// Ends the counting.
    mutating func close() {
        addLastClass()
        trainNumbers.sort()
        for index in trainNumbers.indices.dropFirst()
        where trainNumbers[index] == trainNumbers[index - 1] {
            // Of three, the second is reported.
            if index > 1, trainNumbers[index - 2] == trainNumbers[index] { continue }
            let (number, image) = (
                trainNumbers[index] >> 32, UInt32(truncatingIfNeeded: trainNumbers[index])
            )
            guard let wnid = WNID(number: UInt32(truncatingIfNeeded: number)) else { continue }
            repeatedTrain.add("\(wnid)_\(image)")
        }
        trainNumbers = []
    }

    /// Adds the count of the last class to `train`.
    private mutating func addLastClass() {
        if lastCount > 0 { train[lastClass, default: 0] += lastCount }
        lastCount = 0
    }
}
