"""What is in a sample's archives, read by Python's own tarfile: what every loader is held against."""

import subprocess
import tarfile


class Truth:
    """`train` and `val` are lists of (WNID, name, bytes), sorted as class folders are, and by name;
    `ranks` says which index a WNID has."""

    def __init__(self, binary, sample):
        self.binary, self.sample = binary, sample
        self.options = ["--data", sample, "--manifest", sample + "/manifest.json", "--quiet"]
        self.train, self.val = self._train(), self._val()
        self.test = self._flat("ILSVRC2012_img_test_v10102019.tar")
        self.wnids = sorted({wnid for wnid, _, _ in self.train})
        self.ranks = {wnid: rank for rank, wnid in enumerate(self.wnids)}

    def run(self, *words):
        return subprocess.run(
            [self.binary, *words, *self.options], check=True, stdout=subprocess.PIPE,
            text=True).stdout

    def make(self, *words):
        self.run(*words)

    def _train(self):
        found = []
        with tarfile.open(self.sample + "/tar/ILSVRC2012_img_train.tar") as outer:
            for member in outer:
                with tarfile.open(fileobj=outer.extractfile(member)) as inner:
                    for image in inner:
                        found.append((member.name.split(".")[0], image.name,
                                      inner.extractfile(image).read()))
        return sorted(found)

    def _flat(self, name):
        with tarfile.open(f"{self.sample}/tar/{name}") as archive:
            return sorted(
                (member.name.split("/")[-1], archive.extractfile(member).read())
                for member in archive if member.isfile())

    def _val(self):
        labels = self.run("labels", "--format", "wnids").split()
        images = self._flat("ILSVRC2012_img_val.tar")
        return [(wnid, name, data) for wnid, (name, data) in zip(labels, images, strict=True)]
