/// What to do with images that are not what their name says: PNGs named .JPEG, and JPEGs with four
/// channels, which most loaders refuse or show in wrong colours.
public enum ImageMode: String, Sendable, CaseIterable {
    /// Written as they are, and named.
    case keep
    /// Written as JPEGs in RGB.
    case fix
    case skip
    /// Only named; nothing is written.
    case list
}
