/// An object around a value that cannot be copied, so that threads, arrays and optionals can hold it.
public final class Shared<Value: ~Copyable> {
    public let value: Value
    public init(_ value: consuming Value) { self.value = value }
}

extension Shared: Sendable where Value: Sendable & ~Copyable {}
