/// Says whether an image can be decoded and is what its name says. For one thread.
public final class ImageInspector {
    public enum Verdict: Sendable, Hashable {
        case sound
        /// Not a JPEG, or one with four channels: what it is in a word.
        case odd(String)
        case broken(String)
    }

    private let codec: ImageCodec

    public init() throws(ExportError) { codec = try ImageCodec() }

    public func look(at image: UnsafeRawBufferPointer) -> Verdict {
        if let fault = codec.fault(image) { return .broken(fault) }
        guard let header = ImageHeader(image), header.isOdd else { return .sound }
        return .odd(header.name)
    }
}
