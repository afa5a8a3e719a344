"""Lets MosaicML's, webdataset's and tfrecord's own readers read what imagenet-fetch wrote, and holds
MDS shards against those of MosaicML's own writer: `shards.py BINARY SAMPLE-FOLDER`.
"""

import filecmp
import glob
import io
import json
import os
import sys
import tempfile

import numpy as np
import tfrecord
import webdataset
from PIL import Image
from streaming import MDSWriter, StreamingDataset

from truth import Truth

binary, sample = sys.argv[1:]
truth = Truth(binary, sample)
train, val, ranks, make = truth.train, truth.val, truth.ranks, truth.make
# MDS has how-to-imagenet's order, that of class folders; see howto.py.
sorted_val = sorted(val)


def check_mds():
    columns = {"i": "int", "x": "jpeg", "y": "int", "wnid": "str"}
    for limit, compression in [(1 << 26, None), (3_000_000, None), (3_000_000, "bz2:3")]:
        make("mds", "--size-limit", str(limit), "--force", "--compression", compression or "")
        for name, images in [("train", train), ("val", sorted_val)]:
            order = range(len(images))
            if name == "train":
                order = np.random.default_rng(42).permutation(len(images))
            with tempfile.TemporaryDirectory() as folder:
                with MDSWriter(out=folder, columns=columns, hashes=["sha1", "xxh64"],
                               size_limit=limit, compression=compression, exist_ok=True) as writer:
                    for index, place in enumerate(order):
                        wnid, _, image = images[place]
                        writer.write({"i": index, "x": image, "y": ranks[wnid], "wnid": wnid})
                ours = f"{sample}/mds/ILSVRC2012_img_{name}"
                files = sorted(os.listdir(folder))
                assert sorted(os.listdir(ours)) == files, (files, os.listdir(ours))
                _, different, odd = filecmp.cmpfiles(folder, ours, files, shallow=False)
                assert not different and not odd, (different, odd)
                print(f"mds {name}: {len(files)} files equal those of MDSWriter "
                      f"(limit {limit}, {compression or 'not compressed'})")
    for compression in ["zstd:5", "gz:1"]:
        make("mds", "--compression", compression, "--force", "--only-val")
        dataset = StreamingDataset(
            local=f"{sample}/mds/ILSVRC2012_img_val", batch_size=1, keep_zip=True,
            validate_hash="xxh64")
        assert len(dataset) == len(val)
        for index, (wnid, _, image) in enumerate(sorted_val):
            found = dataset[index]
            assert (found["i"], found["wnid"], found["y"]) == (index, wnid, ranks[wnid])
            pixels = Image.open(io.BytesIO(image))
            assert np.array_equal(np.asarray(found["x"]), np.asarray(pixels))
        print(f"mds: StreamingDataset reads {len(dataset)} samples, {compression}")


def check_fixed():
    """Repaired images have the colours that Pillow gives them."""
    make("mds", "--images", "fix", "--force", "--only-train")
    dataset = StreamingDataset(local=f"{sample}/mds/ILSVRC2012_img_train", batch_size=1)
    order = np.random.default_rng(42).permutation(len(train))
    odd = 0
    for index, place in enumerate(order):
        image = Image.open(io.BytesIO(train[place][2]))
        if image.format == "JPEG" and image.mode != "CMYK":
            continue
        odd += 1
        wanted = np.asarray(image.convert("RGB")).astype(int)
        found = dataset[index]["x"]
        assert found.format == "JPEG" and found.mode == "RGB"
        difference = np.abs(np.asarray(found).astype(int) - wanted).mean()
        assert difference <= 2, (train[place][1], difference)
        print(f"fix: {train[place][1]} differs from Pillow's by {difference:.2f} levels")
    assert odd == 2


def check_tfrecord():
    make("tfrecord", "--shards", "8", "--force")
    boxes = {}
    make("bbox", "--force")
    for line in open(sample + "/imagenet_2012_bounding_boxes.csv"):
        name, *numbers = line.split(",")
        boxes.setdefault(name, []).append([float(number) for number in numbers])
    for split, images, prefix in [("train", train, "train"), ("val", val, "validation")]:
        folder = f"{sample}/tfrecord/ILSVRC2012_img_{split}"
        seen = {}
        for path in sorted(glob.glob(folder + "/*")):
            index = f"{sample}/tfrecord_idx/ILSVRC2012_img_{split}/{os.path.basename(path)}.idx"
            lines = [tuple(map(int, line.split())) for line in open(index)]
            assert sum(length for _, length in lines) == os.path.getsize(path)
            records = list(tfrecord.tfrecord_loader(path, index))
            assert len(records) == len(lines)
            for record in records:
                seen[record["image/filename"].decode()] = record
        assert len(seen) == len(images)
        for wnid, name, image in images:
            record = seen[name]
            assert record["image/encoded"] == image
            assert record["image/class/label"].item() == ranks[wnid] + 1
            assert record["image/class/synset"].decode() == wnid
            assert record["image/colorspace"] == b"RGB"
            assert record["image/format"] == b"JPEG"
            size = Image.open(io.BytesIO(image)).size
            assert (record["image/width"].item(), record["image/height"].item()) == size
            wanted = boxes.get(name, []) if split == "train" else []
            for place, key in enumerate(["xmin", "ymin", "xmax", "ymax"]):
                found = record.get("image/object/bbox/" + key)
                numbers = [] if found is None else list(found)
                assert np.array_equal(
                    np.array(numbers, np.float32),
                    np.array([box[place] for box in wanted], np.float32)), (name, key)
        print(f"tfrecord {split}: {len(seen)} examples are right")


def check_webdataset():
    make("webdataset", "--shards", "4", "--force")
    info = json.load(open(sample + "/webdataset/_info.json"))
    for split, images, name in [("train", train, "train"), ("val", val, "validation")]:
        own = info["splits"][name]
        files = [f"{sample}/webdataset/{file}" for file in own["filenames"]]
        assert own["num_samples"] == len(images) == sum(own["shard_lengths"])
        seen = {}
        for file, count in zip(files, own["shard_lengths"]):
            samples = list(webdataset.WebDataset(file, shardshuffle=False))
            assert len(samples) == count
            with open(file[:-4] + ".idx") as lines, open(file, "rb") as shard:
                assert next(lines) == f"v1.2 {count}\n"
                for line, found in zip(lines, samples):
                    words = line.split()
                    for kind, offset, size, member in zip(*[iter(words)] * 4):
                        shard.seek(int(offset))
                        assert shard.read(int(size)) == found[kind]
                        assert member == found["__key__"].split("/")[-1] + "." + kind
            for found in samples:
                seen[found["__key__"].split("/")[-1]] = found
        for wnid, file, image in images:
            found = seen[file.rsplit(".", 1)[0]]
            assert found["jpg"] == image and int(found["cls"]) == ranks[wnid]
            assert json.loads(found["json"]) == {
                "filename": file, "label": ranks[wnid], "wnid": wnid}
        decoded = webdataset.WebDataset(files, shardshuffle=False).decode("pil")
        assert sum(1 for _ in decoded.to_tuple("jpg", "cls")) == len(images)
        print(f"webdataset {split}: {len(seen)} samples are right")


check_mds()
check_fixed()
check_tfrecord()
check_webdataset()
