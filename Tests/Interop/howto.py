"""How-to-imagenet's steps, done by other programs: unpack the archives into class folders, sort the
files by class and name, shuffle training images with NumPy, write with MosaicML's writer. MDS shards
of imagenet-fetch must be the same bytes: `howto.py BINARY SAMPLE-FOLDER`.
"""

import filecmp
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import numpy as np
import scipy.io
from streaming import MDSWriter

binary, sample = sys.argv[1:]
COLUMNS = {"i": "int", "x": "jpeg", "y": "int", "wnid": "str"}


def devkit():
    """The WNID of each ILSVRC id, and the ids of the validation images: its aux files."""
    with tarfile.open(f"{sample}/tar/ILSVRC2012_devkit_t12.tar.gz") as kit:
        data = "ILSVRC2012_devkit_t12/data/"
        meta = scipy.io.loadmat(kit.extractfile(data + "meta.mat"), squeeze_me=True)["synsets"]
        truth = kit.extractfile(data + "ILSVRC2012_validation_ground_truth.txt").read().split()
    return {int(entry[0]): str(entry[1]) for entry in meta}, [int(number) for number in truth]


def untar_train(folder):
    with tarfile.open(f"{sample}/tar/ILSVRC2012_img_train.tar") as outer:
        for member in outer:
            target = folder / member.name.removesuffix(".tar")
            with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                inner.extractall(target, filter="data")


def untar_val(folder):
    wnids, truth = devkit()
    with tarfile.open(f"{sample}/tar/ILSVRC2012_img_val.tar") as archive:
        archive.extractall(folder, filter="data")
    for name in sorted(os.listdir(folder)):
        number = int(name.removesuffix(".JPEG").rsplit("_", 1)[1])
        target = folder / wnids[truth[number - 1]]
        target.mkdir(exist_ok=True)
        (folder / name).rename(target / name)


def write(tree, out, shuffles):
    wnids = sorted(os.listdir(tree))
    files = sorted(tree.glob("*/*"), key=lambda path: (path.parent.name, path.name))
    order = np.random.default_rng(42).permutation(len(files)) if shuffles else range(len(files))
    with MDSWriter(out=str(out), columns=COLUMNS, compression=None, hashes=["sha1", "xxh64"],
                   size_limit=1 << 26) as writer:
        for index, place in enumerate(order):
            path = files[place]
            wnid = path.parent.name
            writer.write(
                {"i": index, "x": path.read_bytes(), "y": wnids.index(wnid), "wnid": wnid})
    return len(files)


subprocess.run(
    [binary, "mds", "--force", "--data", sample, "--manifest", sample + "/manifest.json",
     "--quiet"], check=True)
for split, untar in [("train", untar_train), ("val", untar_val)]:
    with tempfile.TemporaryDirectory() as folder:
        tree, out = pathlib.Path(folder, "tree"), pathlib.Path(folder, "out")
        tree.mkdir()
        untar(tree)
        count = write(tree, out, split == "train")
        ours = f"{sample}/mds/ILSVRC2012_img_{split}"
        files = sorted(os.listdir(out))
        assert files == sorted(os.listdir(ours)), (files, os.listdir(ours))
        equal, _, _ = filecmp.cmpfiles(out, ours, files, shallow=False)
        assert equal == files, (equal, files)
        print(f"howto: mds {split}: {count} images, {len(files)} files equal how-to-imagenet's")
