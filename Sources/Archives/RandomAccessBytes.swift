public import Disk

/// A file that is far away and can be read at any place, where each read takes its time.
public protocol RandomAccessBytes: AnyObject, Sendable {
    /// What messages call it.
    var path: Path { get }
    var size: Int64 { get }
    /// Fills the buffer, or what the file has for it, and returns how many bytes that were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
    /// The same file for one more thread, which can be done without: it gives up at the first
    /// failure.
    func another(stop: StopCheck) throws -> Self
}
