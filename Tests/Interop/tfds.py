"""Holds the outputs of `imagenet-fetch tfds` against what TensorFlow Datasets prepares from the same
archives, record by record: `tfds.py BINARY SAMPLE-FOLDER`.
"""

import io
import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from truth import Truth

binary, sample = sys.argv[1:3]
ours = sample + "/tfds/imagenet2012/5.1.0"
splits = ["train", "validation", "test"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float64)


class Hiding:
    """Finds all modules of another finder but TensorFlow."""

    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            return None
        return self.finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self.finder, name)


def without_tensorflow():
    """In a process of its own: data sources of a folder, read where TensorFlow is not installed."""
    sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
    import tensorflow_datasets as tfds
    for name in splits:
        source = tfds.data_source("imagenet2012", split=name, data_dir=sys.argv[4])
        for index in range(len(source)):
            item = source[index]
            height, width, _ = item["image"].shape
            print(name, item["file_name"].decode(), int(item["label"]), width, height)


if sys.argv[3:4] == ["data_source"]:
    without_tensorflow()
    sys.exit()

import tensorflow as tf
import tensorflow_datasets as tfds
from array_record.python import array_record_module
from tensorflow_datasets.datasets.imagenet2012 import imagenet2012_dataset_builder as imagenet
from tensorflow_datasets.datasets.imagenet2012 import imagenet_common

tfds.disable_progress_bar()
truth = Truth(binary, sample)

# TFDS's own, with the labels of the sample's validation images, and its odd training images.
odd = {}
for line in truth.run("tfds", "--all", "--images", "list", "--json").splitlines():
    for image in json.loads(line)["oddImages"]:
        odd[image["name"]] = image["what"]
imagenet.CMYK_IMAGES = [name for name, what in odd.items() if "PNG" not in what]
imagenet.PNG_IMAGES = [name for name, what in odd.items() if "PNG" in what]
with open(sample + "/val.txt", "w") as file:
    file.write("\n".join(wnid for wnid, _, _ in truth.val) + "\n")
imagenet_common._VALIDATION_LABELS_FNAME = sample + "/val.txt"
truth.make("merge-test", sample + "/tar/ILSVRC2012_img_test_v10102019.tar", "--force")
truth.make("layout", "tfds", sample + "/manual", "--force")
archives = [f"ILSVRC2012_img_{split}.tar" for split in ("test", "train", "val")]
assert sorted(os.listdir(sample + "/manual")) == archives
builder = imagenet.Builder(data_dir=sample + "/theirs")
builder.download_and_prepare(
    download_config=tfds.download.DownloadConfig(manual_dir=sample + "/manual"))
theirs = sample + "/theirs/imagenet2012/5.1.0"

truth.make("tfds", "--all", "--force")
for name in ("features.json", "label.labels.txt"):
    assert read(f"{ours}/{name}") == read(f"{theirs}/{name}"), name
files = sorted(os.listdir(theirs))
assert sorted(os.listdir(ours)) == files, (files, os.listdir(ours))


def records(folder, split):
    shards = [f"{folder}/{file}" for file in files if file.startswith(f"imagenet2012-{split}.")]
    for record in tf.data.TFRecordDataset(shards):
        example = tf.train.Example.FromString(record.numpy())
        values = {key: (value.bytes_list.value or value.int64_list.value)[0]
                  for key, value in example.features.feature.items()}
        assert sorted(values) == ["file_name", "image", "label"], sorted(values)
        yield values


info, wanted = (json.loads(read(folder + "/dataset_info.json")) for folder in (ours, theirs))
assert [split["name"] for split in info["splits"]] == [split["name"] for split in wanted["splits"]]
for split, other in zip(info["splits"], wanted["splits"]):
    name = split["name"]
    assert split["shardLengths"] == other["shardLengths"], name
    repaired, size = [], 0
    for mine, his in zip(records(ours, name), records(theirs, name), strict=True):
        assert mine["file_name"] == his["file_name"] and mine["label"] == his["label"]
        size += len(mine["image"]) - len(his["image"])
        if mine["image"] == his["image"]:
            continue
        assert mine["file_name"].decode() in odd, mine["file_name"]
        difference = np.abs(pixels(mine["image"]) - pixels(his["image"])).mean()
        assert difference <= 2, (mine["file_name"], difference)
        repaired.append(round(difference, 2))
    # Lengths of images have two or three bytes in a record, four times at most.
    assert abs(int(split["numBytes"]) - int(other["numBytes"]) - size) <= 4 * len(repaired)
    print(f"tfds {name}: {other['shardLengths']} records as TFDS has them, in its order; "
          f"{len(repaired)} repaired images differ by {repaired}", flush=True)

images = {"train": truth.train, "validation": truth.val,
          "test": [(None, name, data) for name, data in truth.test]}
wnids = builder.info.features["label"].names
ranks = {wnid: rank for rank, wnid in enumerate(wnids)} | {None: -1}


def expect(found, split, what):
    """`found` maps names to (label, (width, height))."""
    known = {name: (ranks[wnid], Image.open(io.BytesIO(data)).size)
             for wnid, name, data in images[split]}
    assert found == known, (what, split, len(found), len(known))
    print(f"{what} {split}: {len(found)} images, labels and pixels are right", flush=True)


for split in images:
    found = {}
    for item in tfds.load("imagenet2012", split=split, data_dir=sample + "/tfds", download=False):
        height, width, _ = item["image"].shape
        found[item["file_name"].numpy().decode()] = (int(item["label"]), (width, height))
    expect(found, split, "tfds.load")

# The same as ArrayRecord, and back.
truth.make("tfds", "--all", "--force", "--format", "array_record")
for split in images:
    raw = [read_file for read_file in sorted(os.listdir(ours)) if f"-{split}." in read_file]
    assert raw and all(".array_record-" in file for file in raw), raw
    found = []
    for file in raw:
        reader = array_record_module.ArrayRecordReader(f"{ours}/{file}")
        assert reader.ok()
        # In parallel, one after the other, and at random.
        found += reader.read_all()
        assert reader.read([reader.num_records() - 1]) == found[-1:]
        assert reader.read() == found[-reader.num_records()]
    assert len(found) == len(images[split])
    names_found = [tf.train.Example.FromString(record).features.feature["file_name"]
                   .bytes_list.value[0].decode() for record in found]
    assert names_found == [item["file_name"].decode() for item in records(theirs, split)]
    print(f"array_record {split}: {len(found)} records, in the order of TFDS", flush=True)
result = subprocess.run(
    [sys.executable, __file__, binary, sample, "data_source", sample + "/tfds"], check=True,
    stdout=subprocess.PIPE, text=True).stdout
for split in images:
    lines = [line.split() for line in result.splitlines() if line.startswith(split + " ")]
    found = {name: (int(label), (int(width), int(height))) for _, name, label, width, height in lines}
    expect(found, split, "tfds.data_source without TensorFlow,")
try:
    import grain
except ImportError:
    print("interop: skipped grain, which is not installed", file=sys.stderr)
else:
    source = tfds.data_source("imagenet2012", split="train", data_dir=sample + "/tfds")
    loader = grain.MapDataset.source(source).shuffle(seed=1).batch(4, batch_fn=list)
    assert sum(len(batch) for batch in loader) == len(truth.train)
    print("grain: all training images", flush=True)

# Chosen classes have a list of their own.
few = truth.wnids[1:3]
truth.make("tfds", "--classes", ",".join(few), "--output-dir", sample + "/few", "--force")
some = tfds.builder_from_directory(sample + "/few/imagenet2012/5.1.0")
assert some.info.features["label"].names == few
found = [int(item["label"]) for item in some.as_dataset(split="train")]
assert sorted(found) == sorted(few.index(wnid) for wnid, _, _ in truth.train if wnid in few)
truth.make("tfds", "--classes", ",".join(few), "--label-space", "full", "--output-dir",
           sample + "/full")
found = [int(item["label"]) for item in tfds.load(
    "imagenet2012", split="validation", data_dir=sample + "/full", download=False)]
assert sorted(found) == sorted(ranks[wnid] for wnid, _, _ in truth.val if wnid in few)
print("tfds: chosen classes are right", flush=True)
