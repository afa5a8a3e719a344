"""Holds trees against the archives that they were made of, by Python's own readers alone.

    trees.py images SAMPLE UNTAR [flat]   train, val and test of a sample, as folders or flat
    trees.py tree ARCHIVE FOLDER [TOP]    any archive; what lies below TOP in it, if that is said
    trees.py meta FILE CLASS WORDS COUNT  torchvision's meta.bin, by the rules of weights_only
"""

import hashlib
import io
import os
import pickle
import sys
import tarfile
import xml.etree.ElementTree
import zipfile


def digest(data):
    return hashlib.sha256(data).hexdigest()


def on_disk(root):
    """Every file below a folder; anything that is neither file nor folder is an error."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            assert not os.path.islink(os.path.join(folder, name)), name
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, root)] = digest(file.read())
    return found


def members(archive):
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile():
                yield member.name, tar.extractfile(member).read()


def same(wanted, root):
    found = on_disk(root)
    assert wanted, root
    assert wanted == found, (
        f"{root}: {len(wanted)} wanted, {len(found)} found, "
        f"{sorted(set(wanted.items()) ^ set(found.items()))[:4]}")
    print(root, len(found))


def images(sample, untar, flat):
    train = {}
    for name, data in members(f"{sample}/tar/ILSVRC2012_img_train.tar"):
        with tarfile.open(fileobj=io.BytesIO(data)) as inner:
            for member in inner:
                holder = "" if flat else name.removesuffix(".tar") + "/"
                train[holder + member.name] = digest(inner.extractfile(member).read())
    # The classes of the validation images, from another source than ours: the ids of the devkit,
    # explained by the boxes. Dogs have English names there, which the boxes of training images, in
    # folders, explain, or else that one class is left over.
    with tarfile.open(f"{sample}/tar/ILSVRC2012_devkit_t12.tar.gz") as devkit:
        truth = devkit.extractfile(
            "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt").read().split()
    wnids = {name.split("/")[0] for name in train} if not flat else {
        name.split("_")[0] for name in train}
    english = {}
    for name, data in members(f"{sample}/tar/ILSVRC2012_bbox_train_v2.tar.gz"):
        said = xml.etree.ElementTree.fromstring(data).findtext("object/name")
        english[said] = os.path.basename(os.path.dirname(name))
    by_id = {}
    for name, data in members(f"{sample}/tar/ILSVRC2012_bbox_val_v3.tgz"):
        said = xml.etree.ElementTree.fromstring(data).findtext("object/name")
        said = said if said in wnids else english.get(said)
        if said:
            by_id[truth[int(name.removesuffix(".xml")[-8:]) - 1]] = said
    left = wnids - set(by_id.values())
    for number in set(truth) - set(by_id):
        assert len(left) == 1, "the boxes do not say which classes these are"
        by_id[number] = left.pop()
    classes = {
        f"ILSVRC2012_val_{number:08}": by_id[id] for number, id in enumerate(truth, 1)}
    separator = "_" if flat else "/"
    val = {
        classes[name.removesuffix(".JPEG")] + separator + name: digest(data)
        for name, data in members(f"{sample}/tar/ILSVRC2012_img_val.tar")}
    ending = "_flat" if flat else ""
    same(train, f"{untar}/ILSVRC2012_img_train{ending}")
    same(val, f"{untar}/ILSVRC2012_img_val{ending}")
    if not flat:
        test = {
            os.path.basename(name): digest(data)
            for name, data in members(f"{sample}/tar/ILSVRC2012_img_test_v10102019.tar")}
        same(test, f"{untar}/ILSVRC2012_img_test_v10102019")


def tree(archive, folder, top=""):
    if archive.endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            found = {i.filename: file.read(i) for i in file.infolist() if not i.is_dir()}
    else:
        found = dict(members(archive))
    same({name.removeprefix(top): digest(data) for name, data in found.items()}, folder)


def meta(path, wnid, words, count):
    class Plain(pickle.Unpickler):
        def find_class(self, module, name):
            raise AssertionError(f"a global: {module}.{name}")

    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert all(i.compress_type == zipfile.ZIP_STORED for i in file.infolist())
        assert file.read("archive/version") == b"3\n"
        value = Plain(io.BytesIO(file.read("archive/data.pkl"))).load()
    assert type(value) is tuple and len(value) == 2
    classes, val = value
    assert type(classes) is dict and type(val) is list and len(val) == int(count)
    assert all(type(words) is tuple for words in classes.values())
    assert classes[wnid] == tuple(words.split("|")), classes[wnid]
    assert set(val) <= set(classes)
    print(len(classes), len(val))


if sys.argv[1] == "images":
    images(sys.argv[2], sys.argv[3], len(sys.argv) > 4)
elif sys.argv[1] == "tree":
    tree(*sys.argv[2:])
else:
    meta(*sys.argv[2:])
