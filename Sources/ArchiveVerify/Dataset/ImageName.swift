/// What kind of file a name belongs to, by the names of ImageNet's images.
///
///     n01440764_10026.JPEG                            a training image of that class
///     ILSVRC2012_val_00000293.JPEG                    a validation image, by its number
///     n01440764_ILSVRC2012_val_00000293.JPEG          the same in a flat folder of deep-vision
///     ILSVRC2012_val_00000293_n01440764.JPEG          and in one of Hugging Face
///
/// Classes are the numbers after the `n`: nothing is allocated for a name.
enum ImageName: Equatable {
    case train(UInt32)
    /// The image's number, and the class where the name has one.
    case val(UInt32, UInt32?)
    case test(UInt32)
    /// A file that loaders take for an image, but not one of ImageNet's.
    case image
    case box
    case archive
    case other

    init(_ name: UnsafeRawBufferPointer) {
        let dot = name.lastIndex(of: UInt8(ascii: ".")) ?? name.count
        let suffix = UnsafeRawBufferPointer(rebasing: name[dot...])
        guard Self.matches(suffix, Self.imageSuffixes) else {
            self =
                Self.matches(suffix, [".xml"])
                ? .box : Self.matches(suffix, Self.archiveSuffixes) ? .archive : .other
            return
        }
        self = Self.photograph(UnsafeRawBufferPointer(rebasing: name[..<dot])) ?? .image
    }

    var isImage: Bool {
        switch self {
        case .train, .val, .test, .image: true
        case .box, .archive, .other: false
        }
    }

    /// The suffixes that torchvision takes for images.
    private static let imageSuffixes: [StaticString] = [
        ".jpeg", ".jpg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp",
    ]
    private static let archiveSuffixes: [StaticString] = [".tar", ".gz", ".tgz", ".zip"]

    private static func matches(
        _ suffix: UnsafeRawBufferPointer, _ known: [StaticString]
    ) -> Bool {
        for one in known where one.utf8CodeUnitCount == suffix.count {
            let same = (0..<suffix.count).allSatisfy { index in
                let byte = suffix[index]
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                return (isUpper ? byte | 0x20 : byte) == one.utf8Start[index]
            }
            if same { return true }
        }
        return false
    }

    // MARK: Names without their suffixes

    private static func photograph(_ stem: UnsafeRawBufferPointer) -> ImageName? {
        // A class after the name is the label; it says nothing new about a training image.
        var (stem, label): (UnsafeRawBufferPointer, UInt32?) = (stem, nil)
        if stem.count > 10, stem[stem.count - 10] == UInt8(ascii: "_"),
            let number = classNumber(UnsafeRawBufferPointer(rebasing: stem[(stem.count - 9)...]))
        {
            label = number
            stem = UnsafeRawBufferPointer(rebasing: stem[..<(stem.count - 10)])
        }
        guard stem.count > 10, stem[9] == UInt8(ascii: "_"),
            let number = classNumber(UnsafeRawBufferPointer(rebasing: stem[..<9]))
        else { return challenge(stem, label) }
        let rest = UnsafeRawBufferPointer(rebasing: stem[10...])
        if rest.allSatisfy(isDigit) { return .train(number) }
        return challenge(rest, number)
    }

    /// The number in the name of a training image, 26 in `n01440764_26.JPEG`; nil for more than nine
    /// digits.
    static func trainNumber(_ name: UnsafeRawBufferPointer) -> UInt32? {
        let digits = name.dropFirst(10).prefix(while: isDigit)
        return decimal(UnsafeRawBufferPointer(rebasing: digits))
    }

    /// `ILSVRC2012_val_00000293` and `ILSVRC2012_test_00000293`, of any year.
    private static func challenge(
        _ stem: UnsafeRawBufferPointer, _ label: UInt32?
    ) -> ImageName? {
        guard stem.count >= 8 + 11, starts(stem, "ILSVRC", at: 0) else { return nil }
        let digits = UnsafeRawBufferPointer(rebasing: stem[(stem.count - 8)...])
        guard let number = decimal(digits) else { return nil }
        let head = stem.count - 8
        if head == 15, starts(stem, "_val_", at: 10) { return .val(number, label) }
        if head == 16, starts(stem, "_test_", at: 10) { return .test(number) }
        return nil
    }

    private static func starts(
        _ bytes: UnsafeRawBufferPointer, _ text: StaticString, at offset: Int
    ) -> Bool {
        guard bytes.count >= offset + text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount
        where bytes[offset + index] != text.utf8Start[index] { return false }
        return true
    }

    /// The number in `n01440764`.
    static func classNumber(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard bytes.count == 9, bytes[0] == UInt8(ascii: "n") else { return nil }
        return decimal(UnsafeRawBufferPointer(rebasing: bytes[1...]))
    }

    /// Up to nine digits.
    static func decimal(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
        guard (1...9).contains(bytes.count) else { return nil }
        var number: UInt32 = 0
        for byte in bytes {
            guard isDigit(byte) else { return nil }
            number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
