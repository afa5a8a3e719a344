/// Some editors put U+FEFF before a text in UTF-8. It is ignored in files that people write.
extension Collection<UInt8> {
    /// Everything after the mark, or everything if there is no mark.
    public var withoutByteOrderMark: SubSequence {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return dropFirst(starts(with: mark) ? mark.count : 0)
    }
}
