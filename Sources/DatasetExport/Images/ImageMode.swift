/// What becomes of images that are not what their name says: PNGs called .JPEG, and JPEGs with four
/// channels, which most loaders show in wrong colours or refuse.
public enum ImageMode: String, Sendable, CaseIterable {
    /// They are written as they are, and named.
    case keep
    /// They are written as JPEGs in RGB.
    case fix
    /// They are left out.
    case skip
    /// They are only named, and nothing is written.
    case list
}
