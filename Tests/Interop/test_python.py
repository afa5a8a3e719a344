"""The Python module against the program: pytest, with IMAGENET_FETCH_PROGRAM and a data set of `sample`."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Dict, List, Tuple

import pytest

import imagenet_fetch
from imagenet_fetch import commands, results, running

Places = Dict[str, Any]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("python") / "sample"
    made = imagenet_fetch.sample(folder)
    assert (made.path, made.was_there) == (str(folder), False)
    return folder


@pytest.fixture
def places(sample: pathlib.Path) -> Places:
    return {"data": sample, "manifest": sample / "manifest.json"}


def test_functions_have_the_names_and_types_of_the_options() -> None:
    parameters = inspect.signature(imagenet_fetch.fetch).parameters
    assert parameters["sources"].annotation == (
        "Optional[Literal['auto', 'both', 'swarm', 'mirrors']]"
    )
    assert parameters["only_val"].annotation == "bool"
    assert parameters["dht"].annotation == "Optional[bool]"
    assert parameters["max_peers"].annotation == "Optional[int]"
    assert parameters["mirror"].annotation == "Optional[Union[str, Sequence[str]]]"
    assert "json" not in parameters
    assert imagenet_fetch.fetch.__doc__ is not None
    assert "max_peers: Connect to at most this many peers." in imagenet_fetch.fetch.__doc__


def test_every_function_has_words_that_its_command_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    help_of: Dict[Tuple[str, ...], str] = {}

    def look(
        command: List[str], options: List[str], operands: List[str], kind: Any, progress: bool
    ) -> Any:
        key = tuple(word for word in command if not word.startswith("-"))
        if key not in help_of:
            help_of[key] = subprocess.run(
                [running.PROGRAM, *key, "--help"], check=True, capture_output=True, text=True
            ).stdout
        for word in options:
            assert re.search(rf"(?<![\w-]){re.escape(word.partition('=')[0])}(?![\w-])", help_of[key])

    monkeypatch.setattr(commands, "call", look)
    monkeypatch.setattr(commands, "call_for_one", look)
    for name in commands.__all__:
        function = getattr(commands, name)
        given: Dict[str, Any] = {}
        operands: List[str] = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name == "progress":
                continue
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                operands.append("x")
            elif parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                operands.append("x")
            else:
                given[parameter.name] = True if "bool" in parameter.annotation else "1"
        function(*operands, **given)


def test_fetch_says_what_it_did(places: Places) -> None:
    plan = imagenet_fetch.plan(only_val=True, **places)
    assert [one.file for one in plan.files] == ["ILSVRC2012_img_val.tar"]
    assert plan.fits
    done = imagenet_fetch.fetch(only_val=True, sources="mirrors", **places)
    assert isinstance(done[0], imagenet_fetch.FetchedFile)
    assert done[0].file == "ILSVRC2012_img_val.tar"
    assert len(done[0].digests["sha256"]) == 64


def test_verify_names_what_is_damaged(sample: pathlib.Path, tmp_path: pathlib.Path) -> None:
    right = imagenet_fetch.verify(only_val=True, data=sample, manifest=sample / "manifest.json")
    assert [(one.file, one.status) for one in right] == [("ILSVRC2012_img_val.tar", "ok")]
    assert right[0].digests["md5"].expected == right[0].digests["md5"].actual

    copy = tmp_path / "ILSVRC2012_img_val.tar"
    shutil.copy(sample / "tar" / copy.name, copy)
    with copy.open("r+b") as file:
        file.seek(100_000)
        file.write(b"damaged")
    with pytest.raises(imagenet_fetch.ImageNetFetchError) as caught:
        imagenet_fetch.verify(copy, data=tmp_path, manifest=sample / "manifest.json")
    assert caught.value.status == 3
    assert "ILSVRC2012_img_val.tar: failed" in caught.value.message
    assert caught.value.results[0].bad_ranges[0].length > 0


def test_errors_have_status_message_and_hint() -> None:
    with pytest.raises(imagenet_fetch.ImageNetFetchError) as caught:
        imagenet_fetch.labels(classes="imagenete")
    assert caught.value.status == 2
    assert "imagenete" in caught.value.message
    assert "imagenette" in str(caught.value)


def test_labels_are_plain_data() -> None:
    labels = imagenet_fetch.labels()
    assert len(labels) == 1000
    assert (labels[0].rank, labels[0].wnid, labels[0].words) == (
        0, "n01440764", ["tench", "Tinca tinca"])
    assert [one.rank for one in labels] == list(range(1000))
    assert len(imagenet_fetch.labels(classes="imagenette")) == 10


def test_all_members_of_lines_are_known(
    places: Places, sample: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """What the program prints and the classes have the same members."""
    train = sample / "tar" / "ILSVRC2012_img_train.tar"
    found: List[Any] = [
        imagenet_fetch.plan(**places),
        *imagenet_fetch.fetch(**places),
        *imagenet_fetch.verify(deep=True, **places),
        *imagenet_fetch.repair(**places),
        *imagenet_fetch.list_(train),
        *imagenet_fetch.list_(train, summary=True),
        *imagenet_fetch.untar(**places),
        *imagenet_fetch.verify(sample / "untar", **places),
        *imagenet_fetch.check(sample / "untar", **places),
        imagenet_fetch.layout("torchvision", tmp_path / "layout", **places),
        *imagenet_fetch.mds(only_val=True, **places),
        *imagenet_fetch.mds_verify(sample / "mds" / "ILSVRC2012_img_val"),
        imagenet_fetch.mds_reindex(sample / "mds" / "ILSVRC2012_img_val", force=True),
        *imagenet_fetch.webdataset(only_val=True, classes="n01440764", **places),
        imagenet_fetch.bbox(output=tmp_path / "boxes.csv", **places),
        *imagenet_fetch.labels("tench"),
        *imagenet_fetch.labels(classes="imagenette"),
        *imagenet_fetch.status(**places),
        *imagenet_fetch.manifest_show(),
        imagenet_fetch.manifest_check(sample / "manifest.json"),
        imagenet_fetch.torrent_show(next((sample / "torrents").glob("*.torrent"))),
    ]
    for one in found:
        fields = {running_key(field.name) for field in dataclasses.fields(one)}
        unknown = set(one.raw) - fields - {"schema", "event"}
        assert not unknown, f"{type(one).__name__} lacks {unknown}"
    seen = {type(one) for one in found}
    assert {results.Plan, results.Member, results.Exported, results.DiskUse} <= seen


def running_key(name: str) -> str:
    return results._key(name)


def test_ensure_returns_a_folder_and_costs_nothing_when_it_is_there(places: Places) -> None:
    folder = imagenet_fetch.ensure("val", classes=["n01440764", "n01443537"], **places)
    assert {one.name for one in folder.iterdir()} >= {"n01440764", "n01443537"}
    times = []
    for _ in range(10):
        start = time.perf_counter()
        assert imagenet_fetch.ensure("val", classes=["n01440764", "n01443537"], **places) == folder
        times.append(time.perf_counter() - start)
    print(f"interop: ensure takes {min(times) * 1000:.1f} ms when nothing is to do")
    if "debug" not in str(running.PROGRAM):
        assert min(times) < 0.030


def test_progress_is_shown_with_tqdm(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    tqdm = pytest.importorskip("tqdm.auto")
    bars: List[Any] = []

    class Bar(tqdm.tqdm):  # type: ignore[misc, name-defined]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            bars.append(self)

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    imagenet_fetch.mds(only_train=True, force=True, seed=1, **places)
    assert bars and bars[-1].n == bars[-1].total > 0
    bars.clear()
    imagenet_fetch.mds(only_train=True, force=True, seed=2, progress=False, **places)
    assert not bars


def test_several_files_have_one_bar_that_says_which_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bars: List[Any] = []

    class Bar:
        def __init__(self, desc: str, total: int, initial: int, **options: Any) -> None:
            self.descriptions, self.total, self.n, self.is_open = [desc], total, initial, True
            bars.append(self)

        def set_description(self, text: str, refresh: bool) -> None:
            self.descriptions.append(text)

        def update(self, count: int) -> None:
            self.n += count

        def close(self) -> None:
            self.is_open = False

    def event(stage: str, done: int, **more: Any) -> bytes:
        head = {"schema": "imagenet-fetch.progress/1", "stage": stage, "done": done}
        return json.dumps({**head, "total": 200, "unit": "bytes", **more}, separators=(",", ":")).encode()

    def file(number: int) -> Dict[str, Any]:
        return {"name": "x", "number": number, "count": 2, "done": 1, "total": 100}

    monkeypatch.setattr(running, "_tqdm", lambda: Bar)
    lines = [
        event("downloading a", 10, file=file(1)), event("downloading a", 100, file=file(1)),
        event("downloading b", 120, file=file(2)), event("reading names", 7),
        event("reading names", 9),
    ]
    running._Told().listen(io.BytesIO(b"\n".join(lines)))
    assert [bar.descriptions for bar in bars] == [
        ["downloading a (1 of 2)", "downloading b (2 of 2)"], ["reading names"]]
    assert [bar.n for bar in bars] == [120, 9]
    assert not any(bar.is_open for bar in bars)


def test_control_c_is_passed_on(sample: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The program ends by itself, at once and before the call returns."""
    code = """
import imagenet_fetch, sys
try:
    imagenet_fetch.fetch(only_val=True, peer="127.0.0.1:9", sources="swarm", dht=False,
        torrent_dir=sys.argv[2] + "/torrents", manifest=sys.argv[2] + "/manifest.json", data=sys.argv[1],
        stall_timeout="60s", progress=False)
except KeyboardInterrupt:
    print("interrupted")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "data", sample], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "data" / "tar").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert output == "interrupted\n"
    assert not pathlib.Path(f"/proc/{children[0]}").exists()


def test_the_code_of_the_docs_does_what_they_say(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = pathlib.Path(__file__).parents[2] / "docs" / "python.md"
    monkeypatch.chdir(tmp_path)
    cells = re.findall(r"```python\n(.*?)```\n(?:```\n(.*?)```\n)?", page.read_text(), re.DOTALL)
    assert len(cells) > 5
    names: Dict[str, Any] = {}
    for code, shown in cells:
        # As a notebook: the value of a last expression is shown.
        *first, last = ast.parse(code).body
        capsys.readouterr()
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(first, []), str(page), "exec"), names)
            value = eval(compile(ast.Expression(last.value), str(page), "eval"), names)
        else:
            exec(compile(ast.Module([*first, last], []), str(page), "exec"), names)
            value = None
        if shown:
            printed = capsys.readouterr().out
            assert (printed or f"{value!r}\n") == shown
