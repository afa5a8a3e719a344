internal import DatasetExport
internal import Disk

extension ExportError {
    static func outOfRange(_ name: String, _ value: Int, _ range: ClosedRange<Int>) -> ExportError {
        ExportError(
            .badOption,
            "cannot make a sample with \(value) \(name): choose \(range.lowerBound) to "
                + "\(range.upperBound)")
    }

    static func occupied(_ folder: Path) -> ExportError {
        ExportError(
            .exists, "cannot write the sample into \(folder): the folder is not empty",
            hint: "choose a new or empty folder")
    }

    static func otherSample(_ folder: Path, _ title: String) -> ExportError {
        ExportError(
            .exists,
            "cannot write the sample into \(folder): it holds another sample (\(escaped(title)))",
            hint: "choose a new folder, or use the options of that sample")
    }

    static func changed(_ folder: Path, _ file: Path) -> ExportError {
        ExportError(
            .exists,
            "the sample in \(folder) is damaged: \(file) is missing or has another size",
            hint: "remove the folder and make the sample again, or choose a new one")
    }

    static func noSpace(_ folder: Path, needed: Int64, free: Int64) -> ExportError {
        ExportError(
            .noSpace,
            "not enough disk space for the sample in \(folder): it needs about \(ByteCount.text(needed, .up)), and "
                + "\(ByteCount.text(free, .down)) are free",
            hint: "make room, choose a folder on another disk, or ask for fewer images")
    }
}
