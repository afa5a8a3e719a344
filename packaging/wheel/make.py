"""Packs a folder of scripts/package-tree into a wheel: make.py TREE OUT.

With the standard library alone: a wheel is a zip with a list of its files (PEP 427).
"""

import base64
import hashlib
import os
import pathlib
import stat
import subprocess
import sys
import time
import zipfile

# scripts/package-tree sees to it that nothing newer is needed, and scripts/test-packages asks auditwheel.
TAG = "py3-none-manylinux_2_34_x86_64"
HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


def main(tree: pathlib.Path, out: pathlib.Path) -> None:
    program = tree / "bin" / "imagenet-fetch"
    version = subprocess.run(
        [program, "--version"], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    info = f"imagenet_fetch-{version}.dist-info"
    files = {
        f"imagenet_fetch/{path.name}": (path.read_bytes(), 0o644)
        for path in sorted((ROOT / "python" / "imagenet_fetch").iterdir())
        if path.is_file()
    }
    for path in sorted(tree.rglob("*")):
        inner = path.relative_to(tree)
        # Where `man` and shells look, relative to the environment.
        place = f"imagenet_fetch-{version}.data/data" if inner.parts[0] == "share" else "imagenet_fetch"
        if inner.parts[:2] == ("share", "licenses"):
            place, inner = info, inner.relative_to("share")
        if path.is_file():
            mode = 0o755 if inner.parts[0] == "bin" else 0o644
            files[f"{place}/{inner}"] = (path.read_bytes(), mode)
    readme = ROOT / "README.md"
    files[f"{info}/METADATA"] = (
        (HERE / "METADATA").read_text().replace("@VERSION@", version).encode()
        + b"\n" + readme.read_bytes(), 0o644)
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: imagenet-fetch\nRoot-Is-Purelib: false\nTag: {TAG}\n"
        .encode(), 0o644)
    files[f"{info}/entry_points.txt"] = (
        b"[console_scripts]\nimagenet-fetch = imagenet_fetch.__main__:main\n", 0o644)
    record = f"{info}/RECORD"
    lines = [
        f"{name},sha256={digest(data)},{len(data)}\n" for name, (data, _) in files.items()
    ]
    files[record] = ("".join(lines + [f"{record},,\n"]).encode(), 0o644)
    moment = time.gmtime(max(int(os.environ["SOURCE_DATE_EPOCH"]), 315_532_800))[:6]
    wheel = out / f"imagenet_fetch-{version}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (data, mode) in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, data)
    print(wheel)


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
