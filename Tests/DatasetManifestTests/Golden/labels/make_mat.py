#!/usr/bin/env python3
"""Writes the MAT files of this folder with SciPy, in the shapes that the real devkits have."""
import numpy as np
from scipy.io import savemat

FIELDS = [
    "ILSVRC2012_ID", "WNID", "words", "gloss", "num_children", "children",
    "wordnet_height", "num_train_images",
]
# Ids in no order of the WNIDs, leaves first, as in the 2012 devkit.
SYNSETS = [
    (1, "n02119789", "kit fox, Vulpes macrotis", "small grey fox", [], 0, 1300),
    (2, "n02100735", "English setter", "an English breed", [], 0, 1300),
    (3, "n01440764", "tench, Tinca tinca", "freshwater dace-like game fish", [], 0, 1300),
    (4, "n03710721", "maillot, tank suit", "a woman's one-piece \"suit\"", [], 0, 1300),
    (5, "n07930864", "cup", "a punch served in a pitcher", [], 0, 732),
    (6, "n04266014", "cr\u00e8me, caf\u00e9 au lait", "not ASCII", [], 0, 900),
    (7, "n00001740", "entity", "that which is perceived", [8, 9], 3, 0),
    (8, "n00015388", "animal, fauna", "a living organism", [1, 2, 3], 2, 0),
    (9, "n00021939", "artifact", "a man-made object", [4, 5, 6], 2, 0),
]


def array(rows, fields):
    result = np.empty((len(rows), 1), dtype=[(name, object) for name in fields])
    for index, row in enumerate(rows):
        result[index, 0] = row
    return result


rows = [
    (np.uint16(i), w, words, gloss, np.uint8(len(c)), np.array([c], dtype=np.uint16),
     np.uint8(h), np.uint16(n))
    for i, w, words, gloss, c, h, n in SYNSETS
]
synsets = array(rows, FIELDS)
savemat("meta.mat", {"synsets": synsets}, do_compression=False)
savemat("meta-compressed.mat", {"synsets": synsets}, do_compression=True)

FIELDS_2015 = ["ILSVRC2015_CLSLOC_ID", "WNID", "name", "description", "num_train_images"]
rows = [(float(i), w, words.split(", ")[0].replace(" ", "_"), words, float(n))
        for i, w, words, _, c, _, n in SYNSETS if not c]
savemat("meta_clsloc.mat", {"synsets": array(rows, FIELDS_2015).T}, do_compression=True)

savemat("values.mat", {
    "i8": np.array([[-1, 2], [3, -4]], np.int8), "u16": np.array([[1, 65535]], np.uint16),
    "i32": np.array([[-(2**31)]], np.int32), "i64": np.array([[-(2**40)]], np.int64),
    "u64": np.array([[2**50]], np.uint64), "f32": np.array([[0.5, -1.5]], np.float32),
    "f64": np.array([[1e300]]), "complex": np.array([[1 + 2j]]), "flag": np.array([[True]]),
    "rows": np.array(["abc", "def"]), "empty": "", "none": np.zeros((0, 0)),
    "cell": np.array([["x", np.array([[7.0]])]], dtype=object),
    "nested": {"a": {"b": {"c": 5.0}}},
})
