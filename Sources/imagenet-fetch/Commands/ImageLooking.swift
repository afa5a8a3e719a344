import ArchiveVerify
import DatasetExport

/// Decodes images for `check` and `verify`.
enum ImageLooking {
    static func inspector() throws -> DatasetCheck.Inspector {
        let inspector = try ImageInspector()
        return { image in
            switch inspector.look(at: image) {
            case .sound: .sound
            case .odd(let what): .odd(what)
            case .broken(let reason): .broken(reason)
            }
        }
    }
}
