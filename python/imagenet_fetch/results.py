"""What the commands find and do, as dataclasses made from the program's lines of JSON.

Names are those of the JSON with underscores: `alreadyDone` is `already_done`. All that a line has is in
`raw`, also what a later version adds.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Type, Union

__all__ = [
    "BadRange",
    "Boxes",
    "CheckVerdict",
    "Checked",
    "CheckedPart",
    "ClassTotal",
    "Classes",
    "Digest",
    "DiskUse",
    "Event",
    "Exported",
    "Fetched",
    "FetchedFile",
    "FetchedMember",
    "FileState",
    "Finding",
    "Index",
    "Label",
    "LinkedLayout",
    "ListTotal",
    "Listed",
    "Made",
    "ManifestCheck",
    "ManifestFile",
    "Member",
    "MergedTest",
    "OddImage",
    "OutputState",
    "Plan",
    "PlannedFile",
    "RepairedFile",
    "Sample",
    "Sources",
    "State",
    "Submission",
    "SubmissionFault",
    "Torrent",
    "Unpacked",
    "VerifiedFile",
]


def _raw() -> Any:
    return field(default_factory=dict, repr=False, compare=False)


def _many(kind: Type[Any]) -> Any:
    return field(default_factory=list, metadata={"each": kind})


@dataclass(frozen=True)
class Event:
    """A line of JSON as it is."""

    schema: str
    raw: Mapping[str, Any] = _raw()


# Files of the data set


@dataclass(frozen=True)
class Classes:
    """What chosen classes of an archive come to."""

    chosen: int
    verified: int
    bytes: int
    bytes_missing: int
    exact: bool
    pieces_missing: Optional[int] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class PlannedFile:
    file: str
    state: str
    bytes_missing: int
    torrent: bool
    mirrors: int
    size: Optional[int] = None
    reason: Optional[str] = None
    classes: Optional[Classes] = field(default=None, metadata={"one": Classes})
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Plan:
    """What fetch would download, and whether there is space for it."""

    bytes_missing: int
    bytes_at_most: int
    bytes_on_disk: int
    inodes: int
    free: int
    reserve: int
    exact: bool
    fits: bool
    files: List[PlannedFile] = _many(PlannedFile)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class FetchedFile:
    """A file that is complete and verified."""

    file: str
    bytes: int
    from_swarm: int
    from_mirrors: int
    discarded: int
    peak_peers: int
    seconds: float
    proof_delay: float
    digests: Dict[str, str]
    classes: Optional[int] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Member:
    """A member of an archive; its offset is that of its first byte in the outermost file."""

    type: str
    path: Optional[str] = None
    archive: Optional[str] = None
    size: Optional[int] = None
    offset: Optional[int] = None
    mtime: Optional[int] = None
    target: Optional[str] = None
    sparse: bool = False
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class FetchedMember:
    """A member of an archive that was fetched alone."""

    file: str
    member: str
    path: str
    bytes: int
    proof: str
    source: str
    was_there: bool
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Digest:
    expected: Optional[str] = None
    actual: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class BadRange:
    offset: int
    length: int
    members: Optional[List[str]] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class VerifiedFile:
    """Whether an archive, a shard or an output is right: status is ok, failed, missing, …"""

    file: str
    path: str
    status: str
    bytes: Optional[int] = None
    digests: Dict[str, Digest] = field(default_factory=dict, metadata={"values": Digest})
    bad_ranges: List[BadRange] = _many(BadRange)
    proof: Optional[str] = None
    proven_at: Optional[str] = None
    reason: Optional[str] = None
    classes: Optional[int] = None
    #: What was found inside, with deep or decode.
    inside: Optional[Mapping[str, Any]] = None
    #: Of an output: the command that made it.
    kind: Optional[str] = None
    note: Optional[str] = None
    from_unverified: bool = False
    faults: List[Mapping[str, Any]] = field(default_factory=list)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class RepairedFile:
    """What was found in a file (event: whole or damage), or that it is repaired (done)."""

    event: str
    file: str
    path: Optional[str] = None
    bytes: Optional[int] = None
    size: Optional[int] = None
    size_found: Optional[int] = None
    damaged_pieces: Optional[int] = None
    unreadable_pieces: Optional[int] = None
    bytes_to_fetch: Optional[int] = None
    bad_ranges: List[BadRange] = _many(BadRange)
    from_swarm: Optional[int] = None
    from_mirrors: Optional[int] = None
    seconds: Optional[float] = None
    raw: Mapping[str, Any] = _raw()


# Archives and trees


@dataclass(frozen=True)
class ClassTotal:
    """The files of a class in an archive; no class: beside the classes."""

    files: int
    bytes: int
    class_: Optional[str] = None
    archive: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class ListTotal:
    files: int
    bytes: int
    archive: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Finding:
    kind: str
    fault: bool
    count: int
    message: str
    examples: List[str] = field(default_factory=list)
    remedy: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class CheckedPart:
    path: str
    split: str
    form: str
    classes: int
    images: int
    labels: str
    status: str
    findings: List[Finding] = _many(Finding)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class CheckVerdict:
    verdict: str
    path: str
    message: str
    unknown_images: int
    decoded: bool
    remedy: Optional[str] = None
    skipped: List[str] = field(default_factory=list)
    raw: Mapping[str, Any] = _raw()


# Outputs


@dataclass(frozen=True)
class Unpacked:
    path: str
    already_done: bool
    files: int
    folders: int
    bytes: int
    verified: bool
    linked: bool
    refilled_folders: int = 0
    added_folders: int = 0
    classes: Optional[List[str]] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class LinkedLayout:
    layout: str
    path: str
    already_done: bool
    files: int
    parts: List[str]
    missing: List[str]
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class OddImage:
    name: str
    what: str
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Exported:
    """A split as shards; whole is false for one slice of it."""

    kind: str
    path: str
    already_done: bool
    whole: bool
    images: int
    shards: int
    bytes: int
    kept_shards: int
    skipped: int
    boxes: int
    odd_images: List[OddImage] = _many(OddImage)
    classes: Optional[List[str]] = None
    label_space: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Index:
    path: str
    shards: int
    samples: int
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Boxes:
    path: str
    already_done: bool
    files: Optional[int] = None
    boxes: Optional[int] = None
    files_without_boxes: Optional[int] = None
    foreign_files: Optional[int] = None
    vanished_boxes: Optional[int] = None
    foreign_boxes: Optional[int] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class MergedTest:
    path: str
    images: int
    bytes: int
    replaced: int
    same: int
    left_out: int
    already_done: bool
    raw: Mapping[str, Any] = _raw()


# State


@dataclass(frozen=True)
class FileState:
    file: str
    state: str
    bytes_missing: int
    size: Optional[int] = None
    proven_at: Optional[str] = None
    proof: Optional[str] = None
    classes: Optional[Classes] = field(default=None, metadata={"one": Classes})
    left_out: Optional[str] = None
    chosen: bool = True
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class OutputState:
    output: str
    kind: str
    path: str
    state: str
    fault: Optional[str] = None
    images: Optional[int] = None
    files: Optional[int] = None
    expected_images: Optional[int] = None
    folders: Optional[int] = None
    shards: Optional[int] = None
    classes: Optional[List[str]] = None
    label_space: Optional[str] = None
    bytes: Optional[int] = None
    linked: bool = False
    made_at: Optional[str] = None
    #: The archives that it was made from.
    from_: Optional[List[str]] = None
    from_unverified: bool = False
    #: Of one that is not complete: how far it is.
    done: Optional[int] = None
    total: Optional[int] = None
    #: A command that continues or repairs it.
    next: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class DiskUse:
    path: str
    archive_bytes: int
    output_bytes: int
    free_bytes: int
    free_files: Optional[int] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Upstream:
    """A mirror that sync copies from, as the last sync found it."""

    mirror: str
    stale: bool
    lies: List[str] = field(default_factory=list)
    last_sync: Optional[str] = None
    age_seconds: Optional[int] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Sources:
    """Who has a file: seeds and peers by the trackers, and the answer of each mirror."""

    file: str
    seeds: Optional[int] = None
    peers: Optional[int] = None
    reached: Optional[int] = None
    error: Optional[str] = None
    mirrors: List[Mapping[str, Any]] = field(default_factory=list)
    raw: Mapping[str, Any] = _raw()


# Labels, manifests and the rest


@dataclass(frozen=True)
class Label:
    """A class. Its rank by WNID, from 0, is its number in ImageFolder; its id counts from 1."""

    wnid: str
    rank: int
    words: List[str]
    id: Optional[int] = None
    gloss: Optional[str] = None
    train_images: Optional[int] = None
    #: The rank among the chosen classes.
    subset_rank: Optional[int] = None
    found_by: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class ManifestFile:
    dataset: str
    file: str
    part: str
    role: str
    default: bool
    source: str
    digests: Dict[str, str]
    mirrors: List[str]
    size: Optional[int] = None
    size_about: Optional[int] = None
    torrent: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class ManifestCheck:
    path: str
    name: str
    files: int
    warnings: List[str]
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Torrent:
    """A .torrent, or a magnet link: that has no pieces, and perhaps neither name nor size."""

    info_hash: str
    name: Optional[str] = None
    size: Optional[int] = None
    piece_length: Optional[int] = None
    pieces: Optional[int] = None
    private: Optional[bool] = None
    trackers: List[str] = field(default_factory=list)
    web_seeds: List[str] = field(default_factory=list)
    comment: Optional[str] = None
    created_by: Optional[str] = None
    creation_date: Optional[int] = None
    pinned_by: Optional[str] = None
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class SubmissionFault:
    line: int
    column: int
    message: str
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Submission:
    file: str
    status: str
    lines: int
    fault_count: int
    numbering: Optional[str] = None
    faults: List[SubmissionFault] = _many(SubmissionFault)
    raw: Mapping[str, Any] = _raw()


@dataclass(frozen=True)
class Sample:
    path: str
    files: int
    bytes: int
    was_there: bool
    raw: Mapping[str, Any] = _raw()


Fetched = Union[FetchedFile, FetchedMember]
Listed = Union[Member, ClassTotal, ListTotal]
Checked = Union[CheckedPart, CheckVerdict]
Made = Union[Unpacked, Exported]
State = Union[FileState, OutputState, DiskUse, Upstream, Sources]

#: The class of each schema; where lines of a schema differ, by their event or another member.
_KINDS: Dict[str, Type[Any]] = {
    "repair": RepairedFile,
    "verify": VerifiedFile,
    "list": Member,
    "list-class": ClassTotal,
    "list-total": ListTotal,
    "untar": Unpacked,
    "layout": LinkedLayout,
    "export": Exported,
    "index": Index,
    "bbox": Boxes,
    "merge-test": MergedTest,
    "status": FileState,
    "output": OutputState,
    "disk": DiskUse,
    "upstream": Upstream,
    "sources": Sources,
    "label": Label,
    "manifest-file": ManifestFile,
    "manifest-check": ManifestCheck,
    "torrent": Torrent,
    "submission": Submission,
    "sample": Sample,
}
_FETCH_EVENTS: Dict[str, Type[Any]] = {"plan": Plan, "done": FetchedFile, "member": FetchedMember}



def kind_of(event: Mapping[str, Any]) -> Optional[Type[Any]]:
    """The class of a line; None for one that only says how far the work is."""
    name = str(event.get("schema", "")).partition(".")[2].partition("/")[0]
    if name == "fetch":
        return _FETCH_EVENTS.get(str(event.get("event")))
    if name == "repair" and event.get("event") not in ("whole", "damage", "done"):
        return None
    if name == "check":
        return CheckVerdict if "verdict" in event else CheckedPart
    return _KINDS.get(name)


def make(kind: Type[Any], raw: Mapping[str, Any]) -> Any:
    """An object of this class from a JSON object. Members that it does not know are in raw alone."""
    known = {name: convert(raw[key]) for name, key, convert in _members(kind) if key in raw}
    return kind(raw=raw, **known)


_Member = Tuple[str, str, Callable[[Any], Any]]
_known: Dict[Type[Any], List[_Member]] = {}


def _members(kind: Type[Any]) -> List[_Member]:
    if kind not in _known:
        _known[kind] = [
            (one.name, _key(one.name), _conversion(one.metadata))
            for one in dataclasses.fields(kind)
            if one.name != "raw"
        ]
    return _known[kind]


def _key(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(other.capitalize() for other in others)


def _conversion(metadata: Mapping[str, Any]) -> Callable[[Any], Any]:
    if "one" in metadata:
        return lambda value: make(metadata["one"], value)
    if "each" in metadata:
        return lambda values: [make(metadata["each"], value) for value in values]
    if "values" in metadata:
        return lambda values: {key: make(metadata["values"], one) for key, one in values.items()}
    return lambda value: value


def parse(line: bytes) -> Event:
    raw: Dict[str, Any] = json.loads(line)
    return Event(str(raw.get("schema", "")), raw)
