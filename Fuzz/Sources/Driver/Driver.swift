import Glibc

/// Hands the program to libFuzzer, which calls `body` with one input after another.
///
/// By its driver function rather than by its `main`: SwiftPM gives each executable an entry point of
/// its own.
public func fuzz(_ body: @escaping ([UInt8]) -> Void) -> Never {
    Target.body = body
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(
        runDriver(&count, &arguments) { bytes, count in
            Target.body(Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        })
}

private enum Target {
    // Set once, before the driver starts; libFuzzer has one thread.
    nonisolated(unsafe) static var body: ([UInt8]) -> Void = { _ in }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
