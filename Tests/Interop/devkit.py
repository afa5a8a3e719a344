"""Reads the sample's devkit as torchvision does, and compares it with the archives beside it."""

import hashlib
import json
import sys
import tarfile

import scipy.io

root = sys.argv[1]
with tarfile.open(f"{root}/tar/ILSVRC2012_devkit_t12.tar.gz") as devkit:
    data = "ILSVRC2012_devkit_t12/data/"
    meta = scipy.io.loadmat(devkit.extractfile(data + "meta.mat"), squeeze_me=True)["synsets"]
    truth = devkit.extractfile(data + "ILSVRC2012_validation_ground_truth.txt").read().split()

leaves = [entry for entry in meta if entry[4] == 0]
ids, wnids, words = zip(*[(int(entry[0]), str(entry[1]), str(entry[2])) for entry in leaves])
assert sorted(ids) == list(range(1, len(leaves) + 1)), "the leaves have the ids from 1 on"
assert list(wnids) != sorted(wnids), "ids are not in the order of WNIDs"
assert all(word for word in words)

with tarfile.open(f"{root}/tar/ILSVRC2012_img_train.tar") as train:
    assert sorted(name.removesuffix(".tar") for name in train.getnames()) == sorted(wnids)
with tarfile.open(f"{root}/tar/ILSVRC2012_img_val.tar") as val:
    assert len(val.getnames()) == len(truth)
    assert val.getnames() != sorted(val.getnames()), "members are not in the order of names"

wnid_of = dict(zip(ids, wnids))
labels = "".join(wnid_of[int(number)] + "\n" for number in truth)
pins = json.load(open(f"{root}/manifest.json"))["labels"]
assert hashlib.sha256(labels.encode()).hexdigest() == pins["valWNIDs"]
assert hashlib.sha256("".join(w + "\n" for w in sorted(wnids)).encode()).hexdigest() == pins["wnids"]
print(f"interop: devkit: {len(leaves)} classes, {len(truth)} labels, read by scipy {scipy.__version__}")
