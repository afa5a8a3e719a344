"""Holds the built-in labels of ILSVRC2012 against the tables that torchvision, timm, TFDS and Keras
bring with them: `labels.py BINARY EMPTY-FOLDER`.
"""

import ast
import json
import os
import subprocess
import sys

import tensorflow_datasets
import timm
from timm.data import ImageNetInfo
from torchvision.models._meta import _IMAGENET_CATEGORIES

binary, folder = sys.argv[1:]
tfds = os.path.dirname(tensorflow_datasets.__file__)


def labels(*words):
    return subprocess.run(
        [binary, "labels", *words, "--data", folder, "--quiet"], check=True,
        stdout=subprocess.PIPE, text=True).stdout.splitlines()


def lines(path):
    return open(path).read().split()


assert not os.path.exists(folder) or not os.listdir(folder), "labels come from the binary alone"
wnids = labels("--format", "synsets")
assert len(wnids) == 1000
assert wnids == lines(f"{tfds}/datasets/imagenet2012/labels.txt")
assert labels("--format", "wnids") == lines(
    f"{tfds}/datasets/imagenet2012/validation_labels.txt")
print("labels: 1,000 classes and 50,000 validation labels are those of TFDS")

nette = f"{tfds}/image_classification/imagenette_labels.txt"
assert labels("--classes", "imagenette", "--format", "synsets") == sorted(lines(nette))
print("labels: imagenette is that of TFDS")

info = ImageNetInfo("imagenet-1k")
assert wnids == info.label_names()
texts = list(ast.literal_eval("\n".join(labels("--format", "gist"))).values())
assert texts == [info.label_name_to_description(wnid, detailed=False) for wnid in wnids]
print(f"labels: the words are those of timm {timm.__version__}")

# Two classes each are called crane and maillot; torchvision gives two of them names of its own.
own = {134: ("crane", "crane bird"), 639: ("maillot", "maillot tank suit")}
firsts = [text.split(", ")[0] for text in texts]
different = {
    rank: pair for rank, pair in enumerate(zip(firsts, _IMAGENET_CATEGORIES))
    if pair[0] != pair[1]}
assert different == own, different
print("labels: the first words are torchvision's, but for its crane bird and maillot tank suit")

# Keras downloads its table, whose names are the first words with underscores.
keras = json.loads("\n".join(labels("--format", "keras")))
assert keras == {
    str(rank): [wnid, word.replace(" ", "_")]
    for rank, (wnid, word) in enumerate(zip(wnids, firsts))}
print("labels: the table is one as Keras has it")
