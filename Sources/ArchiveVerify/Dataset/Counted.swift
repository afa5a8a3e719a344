/// A number with its noun: `1 image`, `1,281,167 images`.
func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(shown(count)) \(count == 1 ? one : many)"
}

func thereAre(_ count: Int, _ one: String, _ many: String) -> String {
    "there \(count == 1 ? "is" : "are") \(counted(count, one, many))"
}

/// `1,281,167`.
func shown(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return text
}
