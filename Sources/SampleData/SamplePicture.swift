/// What the pictures of a class have in common: enough for a network to learn.
struct SampleStyle: Sendable {
    /// Colour of the object and of the background, as Cb and Cr.
    let object: (UInt8, UInt8)
    let ground: (UInt8, UInt8)
    /// Width of the object's stripes in pixels, and their slant in 1/16 pixel a row.
    let stripe: Int
    let slant: Int

    init(_ seed: UInt64, _ rank: Int) {
        var random = SampleRandom(seed, .style, rank)
        func colour() -> (UInt8, UInt8) {
            (UInt8(random.next(in: 64...192)), UInt8(random.next(in: 64...192)))
        }
        object = colour()
        ground = colour()
        stripe = random.next(in: 6...60)
        slant = random.next(in: -24...24)
    }
}

/// A picture before it is drawn: its size, its objects, and the key of all its randomness.
struct SamplePicture: Sendable {
    /// A rectangle in pixels, including its last column and row.
    struct Box: Sendable, Hashable {
        let xMin: Int
        let yMin: Int
        let xMax: Int
        let yMax: Int
    }

    enum Encoding: Sendable { case jpeg420, jpeg444, greyJPEG, cmykJPEG, png }

    let width: Int
    let height: Int
    let style: SampleStyle
    /// An ellipse fills each box.
    let objects: [Box]
    var encoding: Encoding
    /// The height of the noise in 1/16, which decides the file's size.
    let roughness: Int
    let key: UInt64

    init(_ random: SampleRandom, _ style: SampleStyle) {
        var random = random
        self.style = style
        (width, height) = Self.size(&random)
        let (width, height) = (width, height)
        objects = (0..<(random.chance(150) ? 2 : 1)).map { _ in
            let boxWidth = random.next(in: width / 4...width * 3 / 4)
            let boxHeight = random.next(in: height / 4...height * 3 / 4)
            let x = random.next(in: 0...width - boxWidth)
            let y = random.next(in: 0...height - boxHeight)
            return Box(xMin: x, yMin: y, xMax: x + boxWidth - 1, yMax: y + boxHeight - 1)
        }
        encoding = random.chance(30) ? .greyJPEG : random.chance(100) ? .jpeg444 : .jpeg420
        roughness = random.next(in: 4...16)
        key = random.next()
    }

    /// Similar to ImageNet's.
    private static func size(_ random: inout SampleRandom) -> (Int, Int) {
        switch random.next(in: 0...999) {
        case ..<550: (500, 375)
        case ..<680: (375, 500)
        case ..<770: (500, 333)
        case ..<810: (333, 500)
        case ..<860: (500, 500)
        case ..<990: (random.next(in: 120...640), random.next(in: 100...520))
        default: (random.next(in: 1000...1800), random.next(in: 800...1300))
        }
    }
}
