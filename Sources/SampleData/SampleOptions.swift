internal import DatasetExport
public import Disk

extension SampleDataset {
    /// The size of a sample, and its seed.
    public struct Options: Sendable, Hashable {
        /// What the classes are called.
        public enum Names: String, Sendable, CaseIterable {
            /// The first classes of ILSVRC2012, by WNID, with their words: loaders and pretrained
            /// models know them.
            case real
            /// WNIDs and words that nobody else uses.
            case made
        }

        /// Classes, 1 to 1000.
        public var classes: Int
        /// Approximate number of training images per class, 2 to 1300.
        public var perClass: Int
        /// Validation images, 1 to 50,000.
        public var val: Int
        /// Test images, 0 to 100,000. With 0 there is no test archive and no patch.
        public var test: Int
        public var seed: UInt64
        /// Nil for real names, unless the sample would have all of them and so be taken for the
        /// real data set.
        public var wnids: Names?

        public init(
            classes: Int = 10, perClass: Int = 20, val: Int = 50, test: Int = 50, seed: UInt64 = 42,
            wnids: Names? = nil
        ) {
            self.classes = classes
            self.perClass = perClass
            self.val = val
            self.test = test
            self.seed = seed
            self.wnids = wnids
        }

        /// The most classes that have real names unasked.
        public static let mostRealClasses = 999

        var names: Names { wnids ?? (classes <= Self.mostRealClasses ? .real : .made) }

        private static let ranges = [
            ("classes", 1...1000), ("training images per class", 2...1300),
            ("validation images", 1...50_000), ("test images", 0...100_000),
        ]

        func check() throws(ExportError) {
            for (value, (name, range)) in zip([classes, perClass, val, test], Self.ranges)
            where !range.contains(value) {
                throw .outOfRange(name, value, range)
            }
        }

        /// The manifest's title: it names every option, so it identifies the sample.
        var title: String {
            "Sample data set, form \(SampleDataset.form): \(classes) classes with \(names.rawValue) "
                + "WNIDs, about \(perClass) training images each, \(val) validation, \(test) test, seed \(seed)"
        }
    }

    /// Increased when the same options give other bytes than before.
    static let form = 2

    public struct Progress: Sendable, Hashable {
        public let file: String
        /// Pictures made so far, in all files.
        public let pictures: Int
        public let totalPictures: Int
    }

    public struct Summary: Sendable, Hashable {
        public struct File: Sendable, Hashable {
            public let name: String
            public let size: Int64
        }

        public let folder: Path
        /// The archives, in the order of the manifest.
        public let files: [File]
        public let wasThere: Bool
    }
}
