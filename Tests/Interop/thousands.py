"""13,000 small images, odd ones among them, as MosaicML's own writer and imagenet-fetch make shards of
them: every file must be the same, byte for byte. `thousands.py BINARY FOLDER`, an empty folder.
"""

import filecmp
import io
import json
import os
import subprocess
import sys
import tarfile

import numpy as np
from PIL import Image
from streaming import MDSWriter

binary, root = sys.argv[1:]
classes, each = 130, 100
random = np.random.default_rng(6)


def picture(number):
    """Mostly small JPEGs of noise; some of what a training set should not have."""
    width, height = random.integers(8, 200, 2)
    image = Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8))
    form, mode = "JPEG", "RGB"
    if number % 1000 == 7:
        mode = "CMYK"
    elif number % 1000 == 8:
        form = "PNG"
    elif number % 1000 == 9:
        mode = "L"
    elif number == 10:
        return b""
    elif number == 11:
        return bytes(random.integers(0, 256, 3_000_000, np.uint8))
    file = io.BytesIO()
    image.convert(mode).save(file, form)
    return file.getvalue()


def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


images = []
os.makedirs(root + "/tar")
with tarfile.open(root + "/tar/ILSVRC2012_img_train.tar", "w") as outer:
    for number in random.permutation(classes):
        wnid = f"n{number * 37 + 1000000:08}"
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as inner:
            for place in random.permutation(each):
                name = f"{wnid}_{place * 11}.JPEG"
                data = picture(len(images))
                add(inner, name, data)
                images.append((wnid, name, data))
        add(outer, wnid + ".tar", held.getvalue())
images.sort()
ranks = {wnid: rank for rank, wnid in enumerate(sorted({wnid for wnid, _, _ in images}))}
with open(root + "/manifest.json", "w") as file:
    json.dump({"schema": "imagenet-fetch.manifest/1", "name": "thousands", "files": [
        {"name": "ILSVRC2012_img_train.tar", "part": "train", "role": "train-images"}]}, file)

order = np.random.default_rng(42).permutation(len(images))
columns = {"i": "int", "x": "jpeg", "y": "int", "wnid": "str"}
for limit in [1 << 26, 1 << 20]:
    theirs, ours = f"{root}/theirs-{limit}", f"{root}/ours-{limit}"
    with MDSWriter(
            out=theirs, columns=columns, hashes=["sha1", "xxh64"], size_limit=limit) as writer:
        for index, place in enumerate(order):
            wnid, _, data = images[place]
            writer.write({"i": index, "x": data, "y": ranks[wnid], "wnid": wnid})
    subprocess.run(
        [binary, "mds", "--only-train", "--size-limit", str(limit), "--data", root, "--manifest",
         root + "/manifest.json", "--output-dir", ours, "--quiet"],
        check=True, stdout=subprocess.DEVNULL)
    ours += "/ILSVRC2012_img_train"
    files = sorted(os.listdir(theirs))
    assert sorted(os.listdir(ours)) == files, (len(files), len(os.listdir(ours)))
    _, different, odd = filecmp.cmpfiles(theirs, ours, files, shallow=False)
    assert not different and not odd, (different, odd)
    size = sum(os.path.getsize(f"{ours}/{file}") for file in files)
    print(f"mds: {len(images)} images, {len(files) - 1} shards, {size} bytes: those of MDSWriter "
          f"(limit {limit})", flush=True)
