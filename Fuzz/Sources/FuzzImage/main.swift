import DatasetExport
import Driver

/// An image as it lies in an archive: what its head says must bound what its decoder makes.
let inspector = try? ImageInspector()

fuzz { input in
    input.withUnsafeBytes { bytes in
        if let header = ImageHeader(bytes) {
            precondition(header.width > 0 && header.height > 0)
            // Hours of decoding are no finding: a header alone may promise 65,535 by 65,535.
            guard header.width * header.height <= 1 << 20 else { return }
        }
        guard let verdict = inspector?.look(at: bytes) else { return }
        if case .broken(let reason) = verdict { precondition(!reason.isEmpty) }
    }
}
