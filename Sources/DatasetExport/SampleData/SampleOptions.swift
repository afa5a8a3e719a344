public import Disk

extension SampleDataset {
    /// How large a sample is, and which one.
    public struct Options: Sendable, Hashable {
        /// Classes, 1 to 1000.
        public var classes: Int
        /// Training images of a class, 2 to 1300: about as many, for classes differ.
        public var perClass: Int
        /// Validation images, 1 to 50,000.
        public var val: Int
        /// Test images, 0 to 100,000. With 0 there is neither a test archive nor a patch.
        public var test: Int
        public var seed: UInt64

        public init(
            classes: Int = 10, perClass: Int = 20, val: Int = 50, test: Int = 50, seed: UInt64 = 42
        ) {
            self.classes = classes
            self.perClass = perClass
            self.val = val
            self.test = test
            self.seed = seed
        }

        /// The values that each option may have, by its name on the command line.
        public static let ranges: [(option: String, range: ClosedRange<Int>)] = [
            ("--classes", 1...1000), ("--per-class", 2...1300), ("--val", 1...50_000),
            ("--test", 0...100_000),
        ]

        func check() throws(ExportError) {
            for (value, (option, range)) in zip([classes, perClass, val, test], Self.ranges)
            where !range.contains(value) {
                throw .outOfRange(option, value, range)
            }
        }

        /// The manifest's title. It names every option, and so tells one sample from another.
        var title: String {
            "Sample data set, form \(SampleDataset.form): \(classes) classes, about \(perClass) "
                + "training images each, \(val) validation, \(test) test, seed \(seed)"
        }
    }

    /// Goes up when the same options give other bytes than before.
    static let form = 1

    /// How far the making of a sample is.
    public struct Progress: Sendable, Hashable {
        /// The file that is being written.
        public let file: String
        /// Pictures made so far, of all files.
        public let pictures: Int
        public let totalPictures: Int
    }

    /// What was made.
    public struct Summary: Sendable, Hashable {
        /// One archive of the sample.
        public struct File: Sendable, Hashable {
            public let name: String
            public let size: Int64
        }

        public let folder: Path
        /// The archives, in the order of the manifest.
        public let files: [File]
        /// True when the same sample was there already and nothing was done.
        public let wasThere: Bool
    }
}
