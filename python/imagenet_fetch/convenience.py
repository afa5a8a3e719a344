"""What people want most often, in one call."""

from __future__ import annotations

import pathlib
from typing import List, Literal, Optional, Sequence, Union

from . import results
from .running import PathLike, call, joined, option, switch

Form = Literal["untar", "mds", "tfrecord", "webdataset", "tfds", "parquet", "squashfs"]


def ensure(
    part: Literal["train", "val", "test"],
    *,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    form: Form = "untar",
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    progress: bool = True,
) -> pathlib.Path:
    """Have a part of ImageNet on disk, verified and ready to train from, and return its folder.

    Downloads, verifies and converts only what is missing; when nothing is missing it costs some
    milliseconds. A tree (form="untar") may hold more classes than these, from other runs.

    Args:
        part: "train", "val" or "test".
        classes: Only these: "imagenette", WNIDs, or a file with one per line. Default: all.
        form: The command that makes the output: "untar" makes folders of classes. Default: "untar".
        dataset: The data set: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: A manifest or checksum list of your own.
        data: The folder that holds everything. Default: data, in the current folder.
        progress: Show progress with tqdm, if that is installed.
    """
    made: List[Union[results.Unpacked, results.Exported]] = call(
        [form],
        [
            *switch(f"--only-{part}", None, True),
            *switch("--fetch", None, True),
            *joined("--classes", classes),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
        ],
        [],
        results.Made,
        progress,
    )
    return pathlib.Path(made[-1].path)
