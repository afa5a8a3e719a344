internal import Disk

/// Reads images, checks them, and repairs them where that was asked for. For one thread.
struct ImageIntake: ~Copyable {
    private let samples: SampleSequence
    private let reader: SampleReader
    private let mode: ImageMode
    private let validates: Bool
    private let codec: ImageCodec?

    init(
        _ samples: SampleSequence, _ reader: SampleReader, _ mode: ImageMode, validates: Bool,
        halvesColours: Bool = false
    ) throws(ExportError) {
        self.samples = samples
        self.reader = reader
        self.mode = mode
        self.validates = validates
        codec =
            validates || !samples.changedSizes.isEmpty
            ? try ImageCodec(halvesColours: halvesColours) : nil
    }

    /// - Parameter space: as long as the image in the archive.
    /// - Returns: the image in `space`, or a repaired one that is valid until the next call.
    func read(
        _ position: Int, into space: UnsafeMutableRawBufferPointer
    ) throws -> (image: UnsafeRawBufferPointer, odd: Oddity?, isRepaired: Bool) {
        let sample = samples.sample(position)
        try reader.read(sample, into: space)
        let image = UnsafeRawBufferPointer(space)
        if validates, let fault = codec?.fault(image) {
            throw ExportError.brokenImage(samples.name(position), fault)
        }
        guard mode == .fix, samples.changedSizes[UInt32(sample)] != nil else {
            return (image, Oddity(ImageHeader(image), name: samples.name(position)), false)
        }
        guard let repaired = try codec?.repaired(image), repaired.count == samples.size(position)
        else {
            let name = escaped(samples.name(position))
            throw ExportError.badInput(
                "the image \(name) has changed since it was looked at",
                hint: "does another program write to the archive?")
        }
        return (repaired, nil, true)
    }
}
