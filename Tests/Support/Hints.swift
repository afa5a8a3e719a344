public import Disk

extension Remedy {
    public func contains(_ text: String) -> Bool { description.contains(text) }

    public func names(_ setting: Setting) -> Bool {
        parts.contains { if case .setting(setting, _) = $0 { true } else { false } }
    }
}
