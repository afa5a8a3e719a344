import Disk
import Glibc

Signals.ignoreBrokenPipes()
StandardStream.fillGaps()
Certificates.find()
Thread.whenRefused.update { $0 = Report.endAtOnce }
let stop = StopRequest()
let words = (1..<max(Int(CommandLine.argc), 1)).compactMap { index in
    // Not CommandLine.arguments, which replaces bytes that are not UTF-8.
    CommandLine.unsafeArgv[index].map {
        Word(bytes: UnsafeRawBufferPointer(start: $0, count: strlen($0)))
    }
}
switch Program(context: .live(stop: stop)).run(words) {
// A signal that arrived while a command failed is the reason for the failure.
case .exit(let status) where status == .success || stop.signal == nil: exit(status.rawValue)
case .exit(let status): Signals.die(by: stop.signal ?? status.rawValue)
case .signal(let number): Signals.die(by: number)
}
