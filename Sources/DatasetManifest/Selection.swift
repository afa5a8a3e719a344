/// Which files of a data set are selected.
public enum Selection: Sendable, Equatable {
    /// The defaults of the manifest; all files if it has none.
    case defaults
    /// Parts and single files, by name.
    case parts([String])
    case all
}

/// The files of a selection.
public struct SelectedFiles: Sendable, Equatable {
    /// The files to get, in the order of the manifest.
    public var files: [ManifestFile] = []
    /// Selected files that only a person can download: say how.
    public var manual: [ManifestFile] = []
    /// Files that were skipped because another file replaces them.
    public var superseded: [ManifestFile] = []
    /// The names in `manual` that must be there: selected by their own names, or by a part that has
    /// nothing else. The others are optional.
    public var missed: Set<String> = []

    public init(
        files: [ManifestFile] = [], manual: [ManifestFile] = [], superseded: [ManifestFile] = [],
        missed: Set<String> = []
    ) {
        self.files = files
        self.manual = manual
        self.superseded = superseded
        self.missed = missed
    }
}

extension Manifest {
    /// The selected files, separate from those that no program can download.
    ///
    /// A superseded file is taken only by its own name.
    ///
    /// - Throws: `.unknownPart`, with the parts that there are.
    public func select(_ selection: Selection) throws(ManifestError) -> SelectedFiles {
        var names: Set<String> = []
        if case .parts(let wanted) = selection {
            let known = Set(files.map(\.name)).union(files.map(\.part))
            for name in wanted where !known.contains(name) {
                throw .unknownPart(name, in: self)
            }
            names = Set(wanted)
        }
        let hasDefaults = files.contains { $0.isDefault }
        var result = SelectedFiles()
        for file in files {
            let isNamed = names.contains(file.name)
            switch selection {
            case .defaults: if hasDefaults && !file.isDefault { continue }
            case .parts: if !isNamed && !names.contains(file.part) { continue }
            case .all: break
            }
            if file.isManual {
                result.manual.append(file)
            } else if file.isSuperseded && !isNamed {
                result.superseded.append(file)
            } else {
                result.files.append(file)
            }
        }
        let others = Set(result.files.map(\.part))
        let isAlone = result.files.isEmpty && result.superseded.isEmpty
        for file in result.manual
        where isAlone || names.contains(file.name)
            || names.contains(file.part) && !others.contains(file.part)
        {
            result.missed.insert(file.name)
        }
        return result
    }
}
