"""What users of datasets write: `to_parquet.py TREE FOLDER`, from class folders to Parquet."""

import os
import sys

tree, folder = sys.argv[1:]
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = os.environ["HF_DATASETS_CACHE"] = folder + "/cache"

import datasets

classes = sorted(os.listdir(tree))


def rows():
    for label, wnid in enumerate(classes):
        for name in sorted(os.listdir(f"{tree}/{wnid}")):
            with open(f"{tree}/{wnid}/{name}", "rb") as file:
                yield {"image": {"bytes": file.read(), "path": name}, "label": label}


features = datasets.Features(
    {"image": datasets.Image(), "label": datasets.ClassLabel(names=classes)})
made = datasets.Dataset.from_generator(rows, features=features)
for shard in range(2):
    made.shard(2, shard, contiguous=True).to_parquet(
        f"{folder}/train-{shard:05d}-of-00002.parquet")
