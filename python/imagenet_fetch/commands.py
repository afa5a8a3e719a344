"""The commands of imagenet-fetch as functions.

Made by `imagenet-fetch generate python` from the parser's own table: do not edit.
"""

from __future__ import annotations

from typing import List, Literal, Optional, Sequence, Union

from . import results
from .running import PathLike, call, call_for_one, joined, option, repeated, switch

__all__ = [
    "bbox",
    "check",
    "fetch",
    "labels",
    "layout",
    "list_",
    "manifest_check",
    "manifest_show",
    "mds",
    "mds_merge",
    "mds_reindex",
    "mds_verify",
    "merge_test",
    "parquet",
    "plan",
    "repair",
    "sample",
    "seed",
    "squashfs",
    "status",
    "submission_check",
    "submission_write",
    "sync",
    "tfds",
    "tfrecord",
    "torrent_add",
    "torrent_show",
    "untar",
    "verify",
    "webdataset",
]


def fetch(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    class_index: Optional[PathLike] = None,
    time_limit: Optional[Union[int, str]] = None,
    member: Optional[Union[str, Sequence[str]]] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Fetched]:
    """Download the chosen files, verified.

    Downloads the chosen archives, or the default ones (train, val and the devkit), from the
    swarm and from HTTP mirrors, piece by piece. The digests of the whole file are computed
    while it arrives. A file gets its final name only when all its digests are right.

    What is already there is not downloaded again, whoever downloaded it: complete files are
    verified, and partial files are resumed. Stop it at any time; the same command resumes.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        class_index: With classes: a file that says where the classes lie in the
            archive, such as the NAME.classes.json of a published mirror. Without it the
            mirrors are asked, and then the archive itself. A wrong one costs some bytes,
            nothing else.
        time_limit: Stop after this long, and exit with status 12. What has come is
            kept, and the same command continues.
        member: Download only this member of an archive, such as
            n01440764.tar/n01440764_10026.JPEG or ILSVRC2012_val_00000293.JPEG, into
            DATA/members. It is read from the archive that is here, or from mirrors; the
            pieces around it are verified first. Which archive has it follows from the name,
            or from only-…. May be repeated.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["fetch"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--class-index", class_index),
            *option("--time-limit", time_limit),
            *repeated("--member", member),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Fetched,
        progress,
    )


def verify(
    *paths: PathLike,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    pieces: bool = False,
    quick: bool = False,
    max_age: Optional[Union[int, str]] = None,
    deep: bool = False,
    decode: Optional[bool] = None,
    allow_unverified: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.VerifiedFile]:
    """Verify archives, shards and trees.

    Reads archives once and compares them with their known digests and pieces: several files at
    once, each on all cores; files on one spinning disk are read one after another. Without
    dataset the file names of all built-in data sets are known. A folder is searched two levels
    deep. Without PATH it is the archive folder, data/tar.

    PATH may also be an output of untar, mds, tfrecord, webdataset, tfds, parquet, squashfs,
    layout, bbox or merge-test, or a folder of such outputs. Shards and single files are
    compared with the digests in their receipt. A tree is compared with its archive file by
    file; if the archive is gone, its files are counted, and the line says so.

    Every file and every output gets a line: NAME: OK with how it was verified, NAME: FAILED
    with what is wrong and where (in a tar also in which images), or NAME: MISSING. A file is
    missing if it was chosen by name, is in a checksum list or has a receipt, and is not there.
    NAME: UNFINISHED is a download that is not complete, and how far it is. The exit status is 3
    unless all are OK; an unfinished download counts only if it was chosen by name, or nothing
    else is there.

    A verified file gets a receipt beside the archives, or in the state folder. Without a
    torrent it also gets a map of its pieces, so that later damage can be located. In a folder
    that sync published nothing is left.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        pieces: Read every byte, but compare only the pieces, of the torrent or of an
            earlier verification: on all cores, and several times as fast. A file without
            known pieces is verified by its digests.
        quick: The same as pieces.
        max_age: Accept the receipt of an earlier verification up to this age, if the
            file was not changed since, and do not read the file. By default everything is
            read.
        deep: Look inside every archive too: whether it has the right number of classes
            and images, whether names occur twice or do not belong there, and whether each
            image begins and ends as a JPEG should.
        decode: Like deep, and decode every image on all cores. This finds broken
            images, and lists PNGs and CMYK JPEGs. It takes hours for all of ImageNet.
        allow_unverified: Trust files for which neither a digest nor a torrent is known.
            Their digests are recorded, and the files must match them from then on.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["verify"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *switch("--pieces", None, pieces),
            *switch("--quick", None, quick),
            *option("--max-age", max_age),
            *switch("--deep", None, deep),
            *switch("--decode", "--no-decode", decode),
            *switch("--allow-unverified", None, allow_unverified),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*paths],
        results.VerifiedFile,
        progress,
    )


def repair(
    *paths: PathLike,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.RepairedFile]:
    """Download only the damaged pieces of archives.

    Reads archives, finds the damaged pieces and downloads only those: from the swarm, from
    mirrors, and from other copies in local folders, which may be damaged too. The file is
    repaired in place.

    The old bytes of the damaged places are kept until the whole file is verified, so a repair
    makes nothing worse. If it is stopped, the same command resumes it.

    A symbolic link is followed, and the file that it leads to is repaired in place. A file in
    which no piece is right is another file with the same name, and is never overwritten.

    Pieces are known from the file's torrent or from an earlier verification. Without them,
    fetch downloads the whole file again.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["repair"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*paths],
        results.RepairedFile,
        progress,
    )


def list_(
    *archives: PathLike,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    only_class: Optional[str] = None,
    long: bool = False,
    summary: bool = False,
    nested: Optional[bool] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Listed]:
    """List an archive's contents without extracting it.

    Prints the path of every member, one per line. The members of a tar inside the archive are
    listed under its name, as in n01440764.tar/n01440764_10026.JPEG. Of a tar only the headers
    are read, not the images. Zip archives and tars compressed with gzip, bzip2, xz or zstd are
    read from front to back.

    Of an archive that is still being downloaded the verified part is listed, by its final name
    or that of the partial file; standard error says what is missing. Of a truncated or damaged
    archive everything that can be found is listed, even if its beginning is lost. The exit
    status is then 3, and the error says where the damage is. Images of a class whose own header
    is lost are listed without the class.

    With a URL, as in list only_class n01440764 https://mirror.example/ILSVRC2012_img_train.tar,
    a tar on a web server is listed without downloading it: only the headers are requested, over
    several connections. That takes a request for each member, so classes, only_class and
    nested=False, which pass over the members of other classes, are much faster. The server must
    know byte ranges.

    Control characters and bytes that are not UTF-8 are shown as \\xNN, a backslash as \\\\. With
    --json the names are exact: those that are not UTF-8 are in pathBytes, as base64.

    Args:
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        only_class: List only the members of the tar of this class, and read no headers
            of other classes.
        long: Show mode, owner, size and time of each member too, as tar -tv does.
        summary: Show the number of files and bytes of each class, which is a tar inside
            the archive, or a folder.
        nested: List the members of tars inside the archive. With nested=False such a
            tar is listed as a file. Tars inside those are always listed as files.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["list"],
        [
            *joined("--classes", classes),
            *option("--only-class", only_class),
            *switch("--long", None, long),
            *switch("--summary", None, summary),
            *switch("--nested", "--no-nested", nested),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*archives],
        results.Listed,
        progress,
    )


def check(
    dir: PathLike,
    *,
    decode: Optional[bool] = None,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Checked]:
    """Check any unpacked ImageNet folder for errors.

    Checks a folder of unpacked images in any arrangement: class folders for training and
    validation, flat folders, the trees of 2017 and Kaggle. It finds missing and unknown
    classes, classes with too few images, validation images with a wrong label, folders named by
    numbers, files and hidden folders that shift labels, empty images and dead links. It needs
    no archives and changes nothing.

    Only names and file sizes are read, which takes seconds for all of ImageNet. With decode
    every image is read and decoded too.

    Labels are compared with those that the data set pins. With the devkit in DIR or among the
    archives, check can also say how many images each class should have. For a data set whose
    labels are not built in, the devkit also says which images are wrong.

    With classes, a folder with exactly these classes is right.

    Each split gets its own lines; the last line is the verdict. The exit status is 3 if
    something is wrong, and 2 if there are no images.

    Args:
        decode: Read and decode every image. This finds truncated and broken images, and
            lists PNGs and CMYK JPEGs. It takes hours for all of ImageNet.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["check"],
        [
            *switch("--decode", "--no-decode", decode),
            *joined("--classes", classes),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [dir],
        results.Checked,
        progress,
    )


def untar(
    *archives: PathLike,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    flat: bool = False,
    verify: bool = False,
    delete_source: bool = False,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    no_verify: bool = False,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Unpacked]:
    """Unpack archives into the folders that loaders expect.

    Unpacks training images into one folder per class, straight from the class tars inside the
    archive; validation images into class folders by their labels; test images into one folder;
    the devkit, boxes and the archives of 2017 as they are. Default: training and validation
    images. Any other ImageNet archive can be named as ARCHIVE.

    A tree appears once it is complete and counted, with a receipt beside it. If a run is
    stopped, the same command resumes it. An archive is refused as a whole if it has links,
    devices, duplicate names, or names that lead elsewhere.

    With classes only these classes are unpacked, also from an archive of which only they are
    downloaded. Another run with other classes adds them to the tree, and one without classes
    completes it.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        flat: Put all images into one folder, NAME_flat: training images under their own
            names, validation images as WNID_NAME. If the class folders exist already, the
            images are links to them.
        verify: Read every file again after it is written, and compare it with the
            archive; also the files of a tree that is already there.
        delete_source: Remove the archive once it is verified, unpacked and counted. If
            the tree was begun or made by an earlier run, or consists of links, every file
            is first compared with the archive. The receipt then says that the archive is
            retired, so it is not downloaded again.
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With --slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["untar"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *switch("--flat", None, flat),
            *switch("--verify", None, verify),
            *switch("--delete-source", None, delete_source),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *switch("--no-verify", None, no_verify),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*archives],
        results.Unpacked,
        progress,
    )


def layout(
    name: Literal["torchvision", "tfds", "deep-vision", "image-datasets"],
    dir: PathLike,
    *,
    input_dir: Optional[PathLike] = None,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    force: bool = False,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.LinkedLayout:
    """Link files into the layout that another tool expects.

    Makes a folder of links to unpacked or packed files, under the names that another tool looks
    for; nothing is copied. NAME is torchvision (train/, val/, the devkit, and a meta.bin, so
    that torchvision.datasets.ImageNet needs neither scipy nor the devkit), tfds (a manual_dir
    with the names that TFDS expects), deep-vision (train, train_flatten, val, val_flatten,
    test, bbox_train, bbox_val, synsets.txt, tfrecord) or image-datasets (train, val, test).

    Missing parts are left out, and listed with the command that makes them. With classes only
    the folders of these classes are linked.

    Args:
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With --slice, remove unfinished slices with other
            options.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["layout"],
        [
            *option("--input-dir", input_dir),
            *joined("--classes", classes),
            *switch("--force", None, force),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [name, dir],
        results.LinkedLayout,
        progress,
    )


def mds(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    compression: Optional[str] = None,
    hashes: Optional[Union[PathLike, Sequence[str]]] = None,
    size_limit: Optional[Union[int, str]] = None,
    label_space: Optional[Literal["subset", "full"]] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    seed: Optional[int] = None,
    slice: Optional[str] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """MosaicML Streaming shards, straight from the archives.

    Writes the training and validation images as shards of MosaicML Streaming (MDS), read from
    the archives by offset: nothing is unpacked. The bytes are those of MosaicML's own writer as
    how-to-imagenet uses it: columns i, x, y (the rank of the class, from 0) and wnid, training
    images shuffled, validation images by WNID and name.

    If there is no archive, the unpacked tree is used. A stopped run is resumed by the same
    command.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        compression: Compress each shard with zstd (levels 1 to 22, default 3), gz (0 to
            9, default 9) or bz2 (1 to 9, default 9). JPEGs hardly get smaller.
        hashes: Write these digests of each shard into the index: md5, sha1, sha256,
            xxh64.
        size_limit: Begin a new shard before one gets larger; kb, mb and gb count in
            1024, as in MosaicML. With 0 there is one shard.
        label_space: How the labels of chosen classes are numbered: from 0 by ascending
            WNID among the chosen ones, as ImageFolder numbers the same folders (subset), or
            as their ranks among all classes of the data set (full).
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        seed: The seed that decides the order of shuffled images. Default: 42, 12345 for
            tfrecord.
        slice: Write part I of N of the shards, so that N machines can share the work on
            one file system. With auto, a task of a Slurm array writes its own part. With
            merge, finish the output from the parts, and write no shard: a missing part is
            an error. Without slice, the same command writes what is missing and finishes.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["mds"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--compression", compression),
            *joined("--hashes", hashes),
            *option("--size-limit", size_limit),
            *option("--label-space", label_space),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *option("--seed", seed),
            *option("--slice", slice),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def mds_verify(
    dir: PathLike,
    *,
    workers: Optional[int] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.VerifiedFile]:
    """Compare MDS shards with their index.

    Reads every shard of a folder once and compares it with index.json: size, digests, number of
    samples, config. The shards may come from any writer; those made by this program are
    compared with their receipt too. A shard without a digest in either fails.

    Args:
        workers: Use this many threads. The result does not depend on it.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["mds", "verify"],
        [
            *option("--workers", workers),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [dir],
        results.VerifiedFile,
        progress,
    )


def mds_reindex(
    dir: PathLike,
    *,
    workers: Optional[int] = None,
    force: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Index:
    """Rebuild a lost index.json from the shards.

    Rebuilds the index.json of a folder of MDS shards from the shards themselves, for writers
    that were stopped before they wrote it. Shards that do not match their receipt are refused.

    Args:
        workers: Use this many threads. The result does not depend on it.
        force: Replace an existing index.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["mds", "reindex"],
        [
            *option("--workers", workers),
            *switch("--force", None, force),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [dir],
        results.Index,
        progress,
    )


def mds_merge(
    dir: PathLike,
    *,
    force: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Index:
    """Merge slices or folders of MDS shards.

    Merges what several runs of mds --slice wrote, once all of them are done: DIR is their
    output folder. Or writes one index for the folders of shards below DIR, as MosaicML's
    merge_index does.

    Args:
        force: Replace an existing index.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["mds", "merge"],
        [
            *switch("--force", None, force),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [dir],
        results.Index,
        progress,
    )


def tfrecord(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    shards: Optional[Union[int, Literal["auto"]]] = None,
    label_space: Optional[Literal["subset", "full"]] = None,
    bbox: Optional[PathLike] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    seed: Optional[int] = None,
    slice: Optional[str] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """TFRecord shards, straight from the archives.

    Writes the training and validation images as TFRecord files with the examples of
    build_imagenet_data.py: labels from 1 to 1000 by ascending WNID, with 0 for the background;
    shuffled once. DALI's indexes go into a separate folder, because loaders take every file
    beside the shards for a shard.

    Boxes come from the archive of training boxes if it is there, or from a CSV; validation
    images have none, as in the script.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        shards: Write this many shards. With auto, the default, there are 1024 for train
            and 128 for the others, and fewer for a data set smaller than ILSVRC2012, so
            that a shard has at least 64 MiB. There are never more shards than images.
        label_space: How the labels of chosen classes are numbered: from 0 by ascending
            WNID among the chosen ones, as ImageFolder numbers the same folders (subset), or
            as their ranks among all classes of the data set (full).
        bbox: Take the boxes from this file, as bbox writes it, or from an archive of
            XML files.
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        seed: The seed that decides the order of shuffled images. Default: 42, 12345 for
            tfrecord.
        slice: Write part I of N of the shards, so that N machines can share the work on
            one file system. With auto, a task of a Slurm array writes its own part. With
            merge, finish the output from the parts, and write no shard: a missing part is
            an error. Without slice, the same command writes what is missing and finishes.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["tfrecord"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--shards", shards),
            *option("--label-space", label_space),
            *option("--bbox", bbox),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *option("--seed", seed),
            *option("--slice", slice),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def webdataset(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    shards: Optional[Union[int, Literal["auto"]]] = None,
    max_size: Optional[Union[int, str]] = None,
    label_space: Optional[Literal["subset", "full"]] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    seed: Optional[int] = None,
    slice: Optional[str] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """WebDataset shards, straight from the archives.

    Writes the training and validation images as tars for webdataset: jpg, cls (the rank of the
    class, from 0) and json for each, training images shuffled. Beside the shards appear the
    index of wids and those of DALI, and in the parent folder one _info.json for all splits, as
    timm reads it.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        shards: Write this many shards. With auto, the default, there are 1024 for train
            and 64 for the others, and fewer for a data set smaller than ILSVRC2012, so that
            a shard has at least 64 MiB. There are never more shards than images.
        max_size: Write as many shards as needed, each of at most this size.
        label_space: How the labels of chosen classes are numbered: from 0 by ascending
            WNID among the chosen ones, as ImageFolder numbers the same folders (subset), or
            as their ranks among all classes of the data set (full).
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        seed: The seed that decides the order of shuffled images. Default: 42, 12345 for
            tfrecord.
        slice: Write part I of N of the shards, so that N machines can share the work on
            one file system. With auto, a task of a Slurm array writes its own part. With
            merge, finish the output from the parts, and write no shard: a missing part is
            an error. Without slice, the same command writes what is missing and finishes.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["webdataset"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--shards", shards),
            *option("--max-size", max_size),
            *option("--label-space", label_space),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *option("--seed", seed),
            *option("--slice", slice),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def tfds(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    format: Optional[Literal["tfrecord", "array_record"]] = None,
    label_space: Optional[Literal["subset", "full"]] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    slice: Optional[str] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """The imagenet2012 of TensorFlow Datasets, prepared.

    Writes the training and validation images as TensorFlow Datasets prepares them, so
    tfds.load("imagenet2012", data_dir="DATA/tfds") reads them at once: in the order of TFDS, in
    as many shards, with labels from 0 to 999. Test images, with only_test or all, have label
    -1.

    All splits are in one folder, imagenet2012/5.1.0. As in TFDS, CMYK and PNG images become RGB
    JPEGs. Chosen classes that are numbered among themselves, and the classes of other data
    sets, have their own label file, and tfds.builder_from_directory reads them.

    With format array_record the shards are ArrayRecord files, which tfds.data_source and grain
    read at random, without TensorFlow.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        format: Write TFRecord files, which tfds.load reads, or ArrayRecord files, which
            tfds.data_source reads. All splits in a folder have the same format.
        label_space: How the labels of chosen classes are numbered: from 0 by ascending
            WNID among the chosen ones, as ImageFolder numbers the same folders (subset), or
            as their ranks among all classes of the data set (full).
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        slice: Write part I of N of the shards, so that N machines can share the work on
            one file system. With auto, a task of a Slurm array writes its own part. With
            merge, finish the output from the parts, and write no shard: a missing part is
            an error. Without slice, the same command writes what is missing and finishes.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["tfds"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--format", format),
            *option("--label-space", label_space),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *option("--slice", slice),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def parquet(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    shards: Optional[Union[int, Literal["auto"]]] = None,
    rows: Optional[int] = None,
    label_space: Optional[Literal["subset", "full"]] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    seed: Optional[int] = None,
    slice: Optional[str] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """Parquet files for Hugging Face's datasets.

    Writes the training and validation images as the Parquet files of ILSVRC/imagenet-1k: the
    columns image (bytes and path) and label (the rank of the class, from 0), with the types and
    class names that load_dataset takes from them. Training images are shuffled. All splits are
    in one folder, imagenet-1k/data; the receipts are above it.

    Rows are neither compressed nor encoded, so pyarrow, DuckDB and polars read them too.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        shards: Write this many shards. With auto, the default, there are 294 for train,
            14 for val and 28 for test, and fewer for a data set smaller than ILSVRC2012, so
            that a shard has at least 64 MiB. There are never more shards than images.
        rows: Write row groups of this many images. A reader that wants one image reads
            at least the other columns of its row group.
        label_space: How the labels of chosen classes are numbered: from 0 by ascending
            WNID among the chosen ones, as ImageFolder numbers the same folders (subset), or
            as their ranks among all classes of the data set (full).
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        seed: The seed that decides the order of shuffled images. Default: 42, 12345 for
            tfrecord.
        slice: Write part I of N of the shards, so that N machines can share the work on
            one file system. With auto, a task of a Slurm array writes its own part. With
            merge, finish the output from the parts, and write no shard: a missing part is
            an error. Without slice, the same command writes what is missing and finishes.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["parquet"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--shards", shards),
            *option("--rows", rows),
            *option("--label-space", label_space),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *option("--seed", seed),
            *option("--slice", slice),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def squashfs(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    compression: Optional[str] = None,
    input_dir: Optional[PathLike] = None,
    output_dir: Optional[PathLike] = None,
    workers: Optional[int] = None,
    images: Optional[Literal["keep", "fix", "skip", "list"]] = None,
    validate: Optional[bool] = None,
    no_verify: bool = False,
    extensions: Optional[Union[PathLike, Sequence[str]]] = None,
    force: bool = False,
    fetch: Optional[bool] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Exported]:
    """One mountable image of class folders, straight from the archives.

    Writes a SquashFS image for each archive, with a folder for each class as untar makes them:
    validation images are sorted by ground truth. Linux mounts it, squashfuse does without root,
    and ImageFolder sees the same as in an unpacked tree. Owners and times are fixed. An image
    is written from its beginning to its end: a stopped run starts again, and there are no
    slices.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        compression: Compress the blocks with zstd, or not at all (none, the default):
            JPEGs hardly shrink, and readers get blocks that are not compressed without
            copying.
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        output_dir: Create the output in this folder. Default: the format's folder in
            the data folder.
        workers: Use this many threads. The result does not depend on it.
        images: What to do with images that are not what their name says, such as the
            PNG and the 22 CMYK JPEGs among ImageNet's training images: keep them unchanged,
            fix (convert to RGB JPEG), skip (leave out), or list (only list them and write
            nothing). Default: keep, fix for tfds.
        validate: Decode every image, and stop with an error at the first that is broken
            or cut off. Images in shards of an earlier run without this option are decoded
            too.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        extensions: Take files with these extensions, in upper or lower case. Default:
            jpeg and jpg.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete. With --slice, remove unfinished slices with other
            options.
        fetch: Download and verify missing archives first, as fetch does. The options of
            fetch apply.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["squashfs"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--compression", compression),
            *option("--input-dir", input_dir),
            *option("--output-dir", output_dir),
            *option("--workers", workers),
            *option("--images", images),
            *switch("--validate", "--no-validate", validate),
            *switch("--no-verify", None, no_verify),
            *joined("--extensions", extensions),
            *switch("--force", None, force),
            *switch("--fetch", "--no-fetch", fetch),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Exported,
        progress,
    )


def bbox(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    no_verify: bool = False,
    output: Optional[PathLike] = None,
    input_dir: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    force: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Boxes:
    """Bounding boxes from XML to CSV.

    Writes the bounding boxes of the training images, or with only_val of the validation images,
    as a CSV with a line per box: NAME.JPEG,xmin,ymin,xmax,ymax, relative to the picture's size.
    The rules are those of process_bounding_boxes.py. The archive is read once, from front to
    back, and not unpacked.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        output: Write to this file; - is standard output. Default:
            imagenet_2012_bounding_boxes.csv in the data folder, with _val before .csv for
            validation images; all writes both.
        input_dir: Take the input from here: the folder of the archives, the parent of
            unpacked trees, or the tree itself. Default: the data folder.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        force: Replace an output that was made from other inputs or with other options,
            once the new one is complete.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["bbox"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *switch("--no-verify", None, no_verify),
            *option("--output", output),
            *option("--input-dir", input_dir),
            *option("--aux-dir", aux_dir),
            *switch("--force", None, force),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Boxes,
        progress,
    )


def labels(
    *queries: str,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Label]:
    """Look up classes: ILSVRC id, WNID, rank and words.

    Prints all classes, or those that a query names: a number (an ILSVRC id or a rank: both are
    shown), a WNID (n02099601), a validation image or words of the name. Frameworks number the
    classes in different ways, so the output always says which numbering it uses.

    The labels of ILSVRC2012 are built in. What is in the data folder goes first: the devkit
    (packed or unpacked), the text files of how-to-imagenet, TensorFlow's synset list, or the
    validation boxes. All are checked against the same pins, so they cannot differ.

    With classes, the classes of a subset are printed, with their numbers in the subset.

    Args:
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["labels"],
        [
            *joined("--classes", classes),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*queries],
        results.Label,
        progress,
    )


def merge_test(
    archive: PathLike,
    patch: Optional[PathLike] = None,
    *,
    no_verify: bool = False,
    output_dir: Optional[PathLike] = None,
    force: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.MergedTest:
    """Merge the test archive with its patch, for TFDS.

    Writes ILSVRC2012_img_test.tar, the name that TFDS looks for: the test images of ARCHIVE,
    with those that are also in PATCH taken from PATCH, whatever folders precede their names.
    The members have bare names in sorted order, so the same images always give the same bytes,
    even if an archive was already patched. Without PATCH the archive is only brought into this
    form.

    An image of the patch that is not in the archive is an error, and so is anything in either
    that is not an image. The output appears complete or not at all, with a receipt beside it.
    If it already exists, nothing is done.

    Args:
        no_verify: Do not verify an archive first that has no valid receipt. Its outputs
            are marked as made from unverified bytes, which verify, status and check report.
        output_dir: Write ILSVRC2012_img_test.tar into this folder, such as TFDS's
            manual_dir. Default: tfds, in the data folder.
        force: Replace an output that was made from other archives, once the new one is
            complete. A file that this command did not make is never replaced.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["merge-test"],
        [
            *switch("--no-verify", None, no_verify),
            *option("--output-dir", output_dir),
            *switch("--force", None, force),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [archive, *([] if patch is None else [patch])],
        results.MergedTest,
        progress,
    )


def submission_check(
    file: PathLike,
    *,
    lines: Optional[int] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Submission:
    """Check a classification submission.

    Checks a submission to the classification task as the evaluation server expects it: one line
    per test image, in the order of their names, each with 1 to 5 different labels separated by
    blanks, the most likely first. Labels are ILSVRC ids, 1 to 1000.

    The first ten errors are shown with line and column, then the verdict; the exit status is 3
    if there are any. A file of class indexes looks the same as one of ids unless one of them is
    0; submission write converts class indexes to ids.

    Args:
        lines: Expect this many lines, one per image. Default: the number of test images
            of the data set, 100000.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["submission", "check"],
        [
            *option("--lines", lines),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [file],
        results.Submission,
        progress,
    )


def submission_write(
    file: PathLike,
    *,
    output: Optional[PathLike] = None,
    numbering: Optional[Literal["ids", "alphabetical"]] = None,
    lines: Optional[int] = None,
    val_labels: Optional[PathLike] = None,
    aux_dir: Optional[PathLike] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Event]:
    """Make a submission from WNIDs or class indexes.

    Makes a submission from predictions: one line per test image, in the order of their names,
    each with 1 to 5 WNIDs, or class indexes from 0 as in PyTorch and Keras, the most likely
    first. The first label of the file decides which. The labels come from the devkit, as for
    the labels command.

    ILSVRC ids are written, which is what the devkits ask for. The TFDS page says otherwise: the
    line of the class in the sorted list of WNIDs. numbering alphabetical writes those. Standard
    error says which numbering was written.

    If anything is wrong with the predictions, the first ten errors are shown, nothing is
    written, and the exit status is 3.

    Args:
        output: Write to this file, and overwrite it. Default: standard output.
        numbering: Write ILSVRC ids, or lines of the sorted list of WNIDs
            (alphabetical).
        lines: Expect this many lines, one per image. Default: the number of test images
            of the data set, 100000.
        val_labels: Take the validation labels from this file: one WNID or number per
            line, in the order of the image names. For ILSVRC2012 they must be the known
            labels.
        aux_dir: Look in this folder too for the label files of how-to-imagenet or for
            TensorFlow's list.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["submission", "write"],
        [
            *option("--output", output),
            *option("--numbering", numbering),
            *option("--lines", lines),
            *option("--val-labels", val_labels),
            *option("--aux-dir", aux_dir),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [file],
        results.Event,
        progress,
    )


def status(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    sources: bool = False,
    check: bool = False,
    max_age: Optional[Union[int, str]] = None,
    html: Optional[PathLike] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    allow_unverified: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.State]:
    """Show what is here, what is verified, and what to do next.

    Shows every file of the data set: absent, partial (and how far), there but not verified, or
    verified (when and how). Then the outputs made from them: trees, shards and layouts, with
    counts, whether they are complete, and their size. This comes from receipts, indexes and
    shard sizes; no tree is walked. The last lines show which commands to run next.

    Archives that are there and were not chosen are shown too, and count as used space.

    With check the last line is the verdict, and so is the exit status: 0 if everything chosen
    is complete and verified (with max_age: that recently), else 3. With --nagios only the
    verdict is printed, and the exit status is that of a Nagios plugin: 0, 1 (verification is
    due), 2 (broken or missing) or 3 (cannot tell).

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        sources: Ask the trackers how many seeds there are, and each mirror whether it
            has the file. Useful before a long download.
        check: Print a verdict at the end, and exit with status 3 unless everything
            chosen is complete and verified.
        max_age: With check or --nagios: an older verification does not count.
        html: Write the state of every file, the last runs and what to do next to this
            file: one self-contained HTML page.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["status"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *switch("--sources", None, sources),
            *switch("--check", None, check),
            *option("--max-age", max_age),
            *option("--html", html),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *repeated("--mirror", mirror),
            *option("--stall-timeout", stall_timeout),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *switch("--allow-unverified", None, allow_unverified),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.State,
        progress,
    )


def sync(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    scrub_every: Optional[Union[int, str]] = None,
    time_limit: Optional[Union[int, str]] = None,
    wait: Optional[Union[int, str]] = None,
    random_delay: Optional[Union[int, str]] = None,
    publish: Optional[PathLike] = None,
    publish_url: Optional[str] = None,
    log: Optional[PathLike] = None,
    metrics: Optional[PathLike] = None,
    on_change: Optional[str] = None,
    on_failure: Optional[str] = None,
    html: Optional[PathLike] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Event]:
    """For cron: download, verify again, repair, publish.

    Keeps a data folder complete: downloads what is missing, verifies again what is due (oldest
    first), repairs damage, and publishes what is verified. It prints nothing if all is well,
    and one line per failure on standard error. It asks no questions. A run with nothing to do
    reads no payload.

    If files come from a mirror that this program publishes (mirror, or the manifest's own
    place), each run asks for its TRACE and its lists. A mirror that has not synced for twice
    the time of scrub_every is reported once. One that goes back in time, or contradicts the
    manifest or files that were verified here, is reported and not used.

    Files that have neither a digest nor a torrent are skipped (see allow_unverified). If not
    all files fit on the disk, those that fit are downloaded.

    Verified files are never deleted, and archives that were unpacked and removed are not
    downloaded again. dataset may name several data sets, separated by commas.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        scrub_every: Verify files again whose last verification is older than this.
            Default: 30d.
        time_limit: Start nothing new after this long, and exit with status 12; the next
            run resumes. A file that is being read is read to its end, and damage that was
            found is repaired; otherwise short runs would never finish a large file.
        wait: Wait this long for another run to end. By default a second run exits at
            once and silently, with status 9.
        random_delay: First wait for a random time up to this long, so that not all
            mirrors start in the same minute.
        publish: Publish verified archives in this folder: links to them (copies on
            another disk), MD5SUMS, SHA256SUMS, the torrents and a TRACE file with the time.
            A damaged archive is withdrawn until it is repaired. Files that sync did not put
            there are kept and reported. A copy on another disk is also used to repair its
            archive.
        publish_url: The public URL of the published folder. A manifest there names it
            as the first mirror, so others need only this URL.
        log: Append a line to this file for every event. The file is opened again for
            each line, so it can be rotated at any time, and SIGHUP is ignored.
        metrics: Write metrics of the run to this file, in the text format of
            Prometheus.
        on_change: Run this shell command if anything was downloaded, repaired,
            published or withdrawn. The names are in IMAGENET_FETCH_FETCHED, _REPAIRED,
            _PUBLISHED and _WITHDRAWN, one per line.
        on_failure: Run this shell command if the run failed. The names of the files are
            in IMAGENET_FETCH_FAILED, one per line, and the exit status is in
            IMAGENET_FETCH_STATUS. If a signal ended the run, the status is 128 plus its
            number, and the command has two seconds.
        html: Write the state of every file, the last runs and what to do next to this
            file: one self-contained HTML page.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["sync"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *option("--scrub-every", scrub_every),
            *option("--time-limit", time_limit),
            *option("--wait", wait),
            *option("--random-delay", random_delay),
            *option("--publish", publish),
            *option("--publish-url", publish_url),
            *option("--log", log),
            *option("--metrics", metrics),
            *option("--on-change", on_change),
            *option("--on-failure", on_failure),
            *option("--html", html),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Event,
        progress,
    )


def seed(
    *files: PathLike,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    max_peers: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    max_upload: Optional[Union[int, str]] = None,
    ratio: Optional[float] = None,
    time_limit: Optional[Union[int, str]] = None,
    metrics: Optional[PathLike] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Event]:
    """Give verified archives to other peers, until stopped.

    Gives the verified archives in the data folder, or those that are named, to the swarm: all
    of them in one session, until Ctrl-C, SIGTERM, time_limit or ratio. With lsd peers in the
    local network find them without a tracker. An unfinished download gives the pieces that it
    has.

    Nothing is read at the start: an archive is seeded if its receipt still matches the file,
    and refused otherwise. Each piece is hashed before it is sent for the first time, and again
    after the file has changed. A wrong piece is not sent; it ends the seeding of that file, and
    the others go on.

    To be stopped is the normal end, with status 0. It is 3 if the only file was refused or
    found damaged, and 13 if that happened to one of several.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        max_peers: Connect to at most this many peers. Default: 256.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        max_upload: Upload at most this many bytes per second to peers.
        ratio: Stop when R times the bytes of all seeded files have been given. Without
            it there is no limit.
        time_limit: Stop after this long, with status 0.
        metrics: Write what was given to this file, in the text format of Prometheus: at
            the start, every 15 seconds and at the end.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["seed"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *option("--max-peers", max_peers),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *option("--max-upload", max_upload),
            *option("--ratio", ratio),
            *option("--time-limit", time_limit),
            *option("--metrics", metrics),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [*files],
        results.Event,
        progress,
    )


def torrent_show(
    file: PathLike,
    *,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Torrent:
    """Show what a .torrent file or a magnet link describes.

    Shows name, size, pieces, infohash and trackers of a .torrent file, and whether the manifest
    pins it. FILE may also hold a magnet link, or be one: it has no pieces.

    Args:
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["torrent", "show"],
        [
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [file],
        results.Torrent,
        progress,
    )


def torrent_add(
    file: PathLike,
    *,
    trust_torrent: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.Event]:
    """Add a .torrent file that matches a pinned infohash.

    Adds a .torrent to the data folder, from a file or a URL. It must have the infohash that the
    manifest pins for its file, and describe exactly that file. It is used from then on.

    Args:
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["torrent", "add"],
        [
            *switch("--trust-torrent", None, trust_torrent),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [file],
        results.Event,
        progress,
    )


def manifest_show(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> List[results.ManifestFile]:
    """Show the known data sets and their files.

    Shows the known data sets, each with its files: size, part, digests and sources. dataset or
    manifest shows only that one; only or all shows only its files.

    With --checksums it prints a list for md5sum, sha256sum and their like.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call(
        ["manifest", "show"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.ManifestFile,
        progress,
    )


def manifest_check(
    file: PathLike,
    *,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.ManifestCheck:
    """Check your own manifest for errors.

    Reads a manifest or a checksum list and says what it holds. Errors are reported with their
    place in the file, and the exit status is then 10.

    Args:
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["manifest", "check"],
        [
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [file],
        results.ManifestCheck,
        progress,
    )


def sample(
    dir: PathLike,
    *,
    classes: Optional[int] = None,
    per_class: Optional[int] = None,
    val: Optional[int] = None,
    test: Optional[int] = None,
    seed: Optional[int] = None,
    wnids: Optional[Literal["real", "made"]] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Sample:
    """Make a small ImageNet-like data set to try things out.

    Makes an artificial data set with the structure of ImageNet: archives for train, val and
    test, a devkit, boxes, and the oddities of the real ones, with a manifest, magnet links and
    .torrent files. The same options give the same bytes on every machine.

    To try a pipeline without ImageNet, give its folder and its manifest to any other command:
    data DIR manifest DIR/manifest.json. A gibibyte takes a few seconds.

    Args:
        classes: Make this many classes, 1 to 1000. Default: 10.
        per_class: Make about this many training images per class, 2 to 1300. Default:
            20.
        val: Make this many validation images, 1 to 50000. Default: 50.
        test: Make this many test images, up to 100000. Default: 50. With 0 there is no
            test archive.
        seed: The seed that decides every byte: another seed gives other pictures.
        wnids: Call the classes by real WNIDs and words, the first ones of ILSVRC2012,
            so that TFDS, timm and pretrained models know them; or by made ones. Default:
            real up to 999 classes, else made.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["sample"],
        [
            *option("--classes", classes),
            *option("--per-class", per_class),
            *option("--val", val),
            *option("--test", test),
            *option("--seed", seed),
            *option("--wnids", wnids),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [dir],
        results.Sample,
        progress,
    )


def plan(
    *,
    only_train: bool = False,
    only_val: bool = False,
    only_test: bool = False,
    only: Optional[Union[PathLike, Sequence[str]]] = None,
    all: bool = False,
    classes: Optional[Union[PathLike, Sequence[str]]] = None,
    sources: Optional[Literal["auto", "both", "swarm", "mirrors"]] = None,
    max_peers: Optional[int] = None,
    seed_time: Optional[int] = None,
    peer: Optional[Union[str, Sequence[str]]] = None,
    port: Optional[str] = None,
    dht: Optional[bool] = None,
    lsd: Optional[bool] = None,
    lab: Optional[bool] = None,
    mirror: Optional[Union[str, Sequence[str]]] = None,
    connections: Optional[int] = None,
    stall_timeout: Optional[Union[int, str]] = None,
    max_download: Optional[Union[int, str]] = None,
    max_upload: Optional[Union[int, str]] = None,
    header: Optional[Union[str, Sequence[str]]] = None,
    netrc: Optional[bool] = None,
    credentials: Optional[PathLike] = None,
    insecure_http: bool = False,
    reserve: Optional[Union[int, str]] = None,
    accept_terms: bool = False,
    allow_unverified: bool = False,
    trust_torrent: bool = False,
    class_index: Optional[PathLike] = None,
    time_limit: Optional[Union[int, str]] = None,
    member: Optional[Union[str, Sequence[str]]] = None,
    dataset: Optional[str] = None,
    manifest: Optional[PathLike] = None,
    data: Optional[PathLike] = None,
    state: Optional[PathLike] = None,
    torrent_dir: Optional[PathLike] = None,
    config: Optional[PathLike] = None,
    progress: bool = True,
) -> results.Plan:
    """Show what fetch would download, without doing it.

    Downloads the chosen archives, or the default ones (train, val and the devkit), from the
    swarm and from HTTP mirrors, piece by piece. The digests of the whole file are computed
    while it arrives. A file gets its final name only when all its digests are right.

    What is already there is not downloaded again, whoever downloaded it: complete files are
    verified, and partial files are resumed. Stop it at any time; the same command resumes.

    Args:
        only_train: Only the training images. To choose several parts, use only.
        only_val: Only the validation images. To choose several parts, use only.
        only_test: Only the test images. To choose several parts, use only.
        only: Only these parts (train, val, test, devkit, bbox and others that the data
            set has) or files, separated by commas.
        all: All files of the data set. Superseded files are skipped. For files that
            must be downloaded by hand, the instructions are shown.
        classes: Only these classes: a named subset (imagenette, imagewoof,
            imagenet100), WNIDs separated by commas, or a file with one WNID per line. The
            labels command with classes prints a subset.
        sources: Where to download from. auto: the swarm first; mirrors join when it
            stalls or is slower than they are. both: swarm and mirrors together from the
            start. swarm: no HTTP for payload. mirrors: no torrent port is opened. Default:
            auto.
        max_peers: Connect to at most this many peers. Default: 256.
        seed_time: Keep seeding for this many minutes after each file is complete,
            before the next file begins. By default the swarm is left at once.
        peer: Connect to this peer too. May be repeated.
        port: Accept peers on this port, or on the first free port of a range. Default:
            any free port.
        dht: Find peers through BitTorrent's distributed hash table; dht=False turns it
            off.
        lsd: Find peers in the local network by multicast.
        lab: Start the same command with this option on all machines of a local network:
            one of them downloads from outside, and all others from it and from each other.
            If it fails, another one continues. Implies lsd. A machine that is done gives to
            its neighbours until they are done too. Peers with a private address count as
            neighbours.
        mirror: Download from this URL or folder too, before the manifest's mirrors. A
            URL that does not end in the name of a file is the folder that holds it. In a
            folder on this machine the file may also lie in tar/. May be repeated.
        connections: Open this many connections to each mirror, at most 64. Default: 4,
            and 2 to image-net.org.
        stall_timeout: Give up when a file has made no progress for this long. Default:
            60s. Other sources are tried long before that. A rate below 4 KiB/s is not
            progress, nor is one at which the whole file would take more than a month.
        max_download: Download at most this many bytes per second, from all sources
            together.
        max_upload: Upload at most this many bytes per second to peers.
        header: Send this header with every request to a mirror. May be repeated.
        netrc: Read the mirrors' user names and passwords from ~/.netrc, as curl does.
        credentials: Read your ImageNet user name and access key from this file, one per
            line. Nobody else may have access to it (mode 0600). They are sent to
            image-net.org only and never shown. Default: the variables IMAGENET_USERNAME and
            IMAGENET_ACCESS_KEY.
        insecure_http: Allow mirrors with plain http, which anyone on the network can
            read and change.
        reserve: Leave this much disk space free. Default: 1GiB.
        accept_terms: Accept the terms of the data set; -y implies it. The terms are
            shown once per data folder.
        allow_unverified: Download files for which the manifest has neither a digest nor
            a torrent. The first copy is trusted, and later copies are compared with it.
        trust_torrent: For a file that no manifest pins, accept a torrent with its name
            and size, and trust its hashes. By default only torrents with a pinned infohash
            are accepted.
        class_index: With classes: a file that says where the classes lie in the
            archive, such as the NAME.classes.json of a published mirror. Without it the
            mirrors are asked, and then the archive itself. A wrong one costs some bytes,
            nothing else.
        time_limit: Stop after this long, and exit with status 12. What has come is
            kept, and the same command continues.
        member: Download only this member of an archive, such as
            n01440764.tar/n01440764_10026.JPEG or ILSVRC2012_val_00000293.JPEG, into
            DATA/members. It is read from the archive that is here, or from mirrors; the
            pieces around it are verified first. Which archive has it follows from the name,
            or from only-…. May be repeated.
        dataset: The data set to work on: ilsvrc2012 (the default) or ilsvrc2017.
        manifest: Read the data set from this file: a manifest in JSON, or a checksum
            list as md5sum, sha1sum and sha256sum write it. The content decides which.
        data: The folder that holds everything: archives in tar/, unpacked files in
            untar/, each format in a folder of its name (mds/, tfrecord/). Default: data, in
            the current folder.
        state: Keep receipts and journals in this folder instead of beside the archives,
            for archives in a read-only place.
        torrent_dir: Look for .torrent files in this folder too. A file is recognised by
            its infohash, whatever its name.
        config: Read options from this file and no other: one option per line, with or
            without its dashes. Lines that begin with # are comments, and options that the
            command does not have are ignored. The command line overrides the environment,
            and the environment overrides the file.
        progress: Show progress with tqdm, if that is installed.
    """
    return call_for_one(
        ["fetch", "--dry-run"],
        [
            *switch("--only-train", None, only_train),
            *switch("--only-val", None, only_val),
            *switch("--only-test", None, only_test),
            *joined("--only", only),
            *switch("--all", None, all),
            *joined("--classes", classes),
            *option("--sources", sources),
            *option("--max-peers", max_peers),
            *option("--seed-time", seed_time),
            *repeated("--peer", peer),
            *option("--port", port),
            *switch("--dht", "--no-dht", dht),
            *switch("--lsd", "--no-lsd", lsd),
            *switch("--lab", "--no-lab", lab),
            *repeated("--mirror", mirror),
            *option("--connections", connections),
            *option("--stall-timeout", stall_timeout),
            *option("--max-download", max_download),
            *option("--max-upload", max_upload),
            *repeated("--header", header),
            *switch("--netrc", "--no-netrc", netrc),
            *option("--credentials", credentials),
            *switch("--insecure-http", None, insecure_http),
            *option("--reserve", reserve),
            *switch("--accept-terms", None, accept_terms),
            *switch("--allow-unverified", None, allow_unverified),
            *switch("--trust-torrent", None, trust_torrent),
            *option("--class-index", class_index),
            *option("--time-limit", time_limit),
            *repeated("--member", member),
            *option("--dataset", dataset),
            *option("--manifest", manifest),
            *option("--data", data),
            *option("--state", state),
            *option("--torrent-dir", torrent_dir),
            *option("--config", config),
        ],
        [],
        results.Plan,
        progress,
    )
