/// A value that cannot be copied, as an object: several threads may hold it, and arrays and optionals
/// too.
public final class Shared<Value: ~Copyable> {
    public let value: Value
    public init(_ value: consuming Value) { self.value = value }
}

extension Shared: Sendable where Value: Sendable & ~Copyable {}
