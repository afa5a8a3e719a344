import Checksums
import Driver

// Saved digest states come from a journal, which a crash or a hand may have changed.
fuzz { input in
    for algorithm in DigestAlgorithm.allCases {
        guard var hasher = Hasher(algorithm, restoring: input) else { continue }
        hasher.update(input)
        _ = hasher.digest
    }
}
