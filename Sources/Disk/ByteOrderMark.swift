/// Editors of other systems put U+FEFF before a text in UTF-8. It says nothing, and is read over
/// wherever people write files for us.
extension Collection<UInt8> {
    /// Everything after the mark, or everything if there is no mark.
    public var withoutByteOrderMark: SubSequence {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return dropFirst(starts(with: mark) ? mark.count : 0)
    }
}
