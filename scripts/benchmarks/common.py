"""Shared by all benchmarks: the binary, the table and the timing."""

import contextlib
import os
import statistics
import subprocess
import sys
import time

binary = os.path.abspath(sys.argv[1])
rounds = 5
# Debian's own: it has libtorrent.
python = "/usr/bin/python3"
rows = []
HEADS = ("work", "ours", "against", "theirs", "ratio", "goal", "met", "spread")


def seconds(command, **options):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    return time.perf_counter() - start


def spread(values):
    return (max(values) - min(values)) / statistics.median(values)


def row(work, ours, against, theirs, goal, met, noise, ratio=None):
    rows.append((work, ours, against, theirs, "–" if ratio is None else f"{ratio:.2f}", goal,
                 "–" if goal == "–" else "met" if met else "MISSED", f"{noise:.0%}"))


def rate(value):
    return f"{value / 1e6:,.0f} MB/s"


def by_turns(ours, theirs, before=lambda: None, **options):
    mine, other = [], []
    for _ in range(rounds):
        before()
        mine.append(seconds(ours))
        other.append(seconds(theirs, **options))
    return mine, other


def get_memory(folder, size):
    """Claims memory first: a virtual machine gives free memory back to its host within seconds, and
    getting it again turned 7.8 s for 3 GiB into 10.5 s."""
    block = bytes(1 << 20)
    with open(folder + "/memory", "wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    os.remove(folder + "/memory")


def peak(command):
    """Seconds and peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("bench: " + " ".join(command) + " failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024


def tar_header(name, length):
    block = bytearray(512)
    for start, text in ((0, name), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"),
                        (124, b"%011o" % length), (136, b"11767451600"), (148, b" " * 8),
                        (156, b"0"), (257, b"ustar\x0000")):
        block[start:start + len(text)] = text
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


def tar_of_tars(path, classes, images, size, fill):
    """A training archive of this shape; holes instead of images where `fill` is empty."""
    step = 512 + (size + 511) // 512 * 512
    tail = 2048
    with open(path, "wb") as file:
        position = 0
        for number in range(classes):
            wnid = b"n%08d" % number
            length = images * step + tail
            os.pwrite(file.fileno(), tar_header(wnid + b".tar", length), position)
            position += 512
            for image in range(images):
                place = position + image * step
                os.pwrite(file.fileno(), tar_header(wnid + b"_%d.JPEG" % image, size) + fill, place)
            position += length
        file.truncate(position + 1024)
    return position + 1024


@contextlib.contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


NGINX = """
daemon off; error_log /dev/null; pid {folder}/nginx.pid; user root;
events {{}}
http {{ log_format sizes '$body_bytes_sent'; {log}; sendfile on; keepalive_requests 1000000;
server {{ listen 127.0.0.1:{port}; root {folder}; }}
client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; }}
"""


@contextlib.contextmanager
def nginx(folder, log="access_log off"):
    """A server of this folder: its address. The log format `sizes` has the bytes of each answer."""
    port = 20000 + os.getpid() % 20000
    with open(folder + "/nginx.conf", "w") as file:
        file.write(NGINX.format(folder=folder, port=port, log=log))
    with running("nginx", "-c", folder + "/nginx.conf", stderr=subprocess.DEVNULL):
        time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
