"""Runs the program and reads what it prints for programs."""

from __future__ import annotations

import importlib
import json
import logging
import os
import pathlib
import signal
import subprocess
import threading
from typing import IO, Any, Dict, List, Optional, Sequence, Type, TypeVar, Union, get_args

from .results import Event, Plan, kind_of, make, parse

PathLike = Union[str, "os.PathLike[str]"]
T = TypeVar("T")

#: The program's path; IMAGENET_FETCH_PROGRAM names another one.
PROGRAM = pathlib.Path(
    os.environ.get("IMAGENET_FETCH_PROGRAM")
    or pathlib.Path(__file__).parent / "bin" / "imagenet-fetch"
)

_log = logging.getLogger("imagenet_fetch")


class ImageNetFetchError(Exception):
    """The program did not reach its goal.

    Attributes:
        status: Its exit status, as in the reference: 2 usage, 3 verification failed, 4 no space, …
        message: What went wrong, and why.
        hint: What to do about it, often a command; or None.
        results: What was done or found before the end, as the function would have returned it.
    """

    def __init__(
        self, status: int, message: str, hint: Optional[str], results: Sequence[Any] = ()
    ) -> None:
        super().__init__(message if hint is None else f"{message}\nhint: {hint}")
        self.status = status
        self.message = message
        self.hint = hint
        self.results = list(results)


# Options


def option(name: str, value: object) -> List[str]:
    return [] if value is None else [f"{name}={_text(value)}"]


def switch(on: str, off: Optional[str], value: Optional[bool]) -> List[str]:
    if value:
        return [on]
    return [off] if off is not None and value is not None else []


def joined(name: str, value: Optional[Union[PathLike, Sequence[str]]]) -> List[str]:
    if value is None or isinstance(value, (str, os.PathLike)):
        return option(name, value)
    return [f"{name}={','.join(value)}"]


def repeated(name: str, value: Optional[Union[str, Sequence[str]]]) -> List[str]:
    if value is None or isinstance(value, str):
        return option(name, value)
    return [f"{name}={one}" for one in value]


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, os.PathLike) else str(value)


# Runs


def call(
    command: Sequence[str],
    options: Sequence[str],
    operands: Sequence[PathLike],
    kind: Any,
    progress: bool,
) -> List[Any]:
    """Runs a command to its end. Lines of this class, or of a union's, become its objects."""
    arguments = [os.fspath(PROGRAM), *command, "--json", *options]
    arguments.append("--progress=json" if progress else "--progress=never")
    if operands:
        arguments += ["--", *map(_text, operands)]
    # A session of its own: Ctrl-C in a terminal would reach the program twice otherwise, and the
    # second one ends it before it has saved what it has.
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            told = _Told()
            listener = threading.Thread(target=told.listen, args=(process.stderr,), daemon=True)
            listener.start()
            found: List[Event] = []
            status = _read(process, process.stdout, found)
            listener.join()
        except BaseException:
            # Has no effect on one that has ended.
            process.terminate()
            raise
    if status != 0:
        raise told.error(status, found, objects(found, kind))
    return objects(found, kind)


def call_for_one(
    command: Sequence[str],
    options: Sequence[str],
    operands: Sequence[PathLike],
    kind: Type[T],
    progress: bool,
) -> T:
    try:
        results: List[T] = call(command, options, operands, kind, progress)
    except ImageNetFetchError as error:
        # A plan that does not fit on the disk says so itself.
        if kind is not Plan or not error.results:
            raise
        results = error.results
    return results[-1]


def objects(events: Sequence[Event], kind: Any) -> List[Any]:
    if kind is Event:
        return list(events)
    wanted = get_args(kind) or (kind,)
    kinds = ((kind_of(event.raw), event.raw) for event in events)
    return [make(own, raw) for own, raw in kinds if own is not None and own in wanted]


def _read(process: "subprocess.Popen[bytes]", output: IO[bytes], found: List[Event]) -> int:
    """Reads all lines. Ctrl-C is passed on, and raised again when the program has ended."""
    interruption: Optional[KeyboardInterrupt] = None
    while True:
        try:
            for line in output:
                found.append(parse(line))
            status = process.wait()
            break
        except KeyboardInterrupt as error:
            interruption = error
            process.send_signal(signal.SIGINT)
    if interruption is not None:
        raise interruption
    return status


class _Told:
    """What the program says on standard error: progress, notes, errors with their hints."""

    def __init__(self) -> None:
        self._errors: List[str] = []
        self._hints: List[str] = []
        self._shows = True
        self._bar: Any = None
        self._stage: Optional[str] = None
        self._words = ""

    def listen(self, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            if line.startswith('{"schema":"imagenet-fetch.progress/'):
                self._show(json.loads(line))
            elif line.startswith("imagenet-fetch: error: "):
                self._errors.append(line[len("imagenet-fetch: error: ") :])
            elif line.startswith("hint: "):
                self._hints.append(line[len("hint: ") :])
            elif line.startswith("imagenet-fetch: warning: "):
                _log.warning("%s", line[len("imagenet-fetch: warning: ") :])
            elif line:
                _log.info("%s", line)
        self._close()

    def error(
        self, status: int, found: Sequence[Event], results: Sequence[Any]
    ) -> ImageNetFetchError:
        message = "\n".join(self._errors) or _faults(found)
        if not message:
            message = (
                f"ended by {signal.Signals(-status).name}"
                if status < 0
                else f"ended with status {status}"
            )
        hint = "\n".join(dict.fromkeys(self._hints)) or None
        # As a shell counts signals.
        return ImageNetFetchError(128 - status if status < 0 else status, message, hint, results)

    def _show(self, now: Dict[str, Any]) -> None:
        tqdm = _tqdm() if self._shows else None
        if tqdm is None:
            return
        try:
            self._draw(tqdm, now)
        except Exception:
            # The program must not wait for a reader that has gone.
            self._shows = False
            _log.exception("progress cannot be shown")

    def _draw(self, tqdm: Any, now: Dict[str, Any]) -> None:
        file = now.get("file")
        words = now["stage"]
        if file is not None:
            words += f" ({file['number']} of {file['count']})"
        # Of several files done and total count all of them, so they have one bar.
        stage = "" if file is not None else words
        if self._bar is None or self._stage != stage:
            self._close()
            self._stage = stage
            is_bytes = now["unit"] == "bytes"
            self._bar = tqdm(
                desc=words,
                total=now.get("total"),
                initial=now["done"],
                unit="B" if is_bytes else "",
                unit_scale=True,
                unit_divisor=1024 if is_bytes else 1000,
            )
        elif self._words != words:
            self._bar.set_description(words, refresh=False)
        self._words = words
        self._bar.total = now.get("total")
        self._bar.update(now["done"] - self._bar.n)
        if "source" in now:
            self._bar.set_postfix_str(now["source"])

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _faults(found: Sequence[Event]) -> str:
    """For runs whose results say what is wrong, as those of verify do."""
    words = []
    for event in found:
        raw = event.raw
        if raw.get("status") in ("failed", "missing", "unfinished", "unreadable", "invalid", "wrong"):
            name = raw.get("file", raw.get("path", ""))
            reason = f" ({raw['reason']})" if "reason" in raw else ""
            words.append(f"{name}: {raw['status']}{reason}")
        elif raw.get("event") == "failed":
            words.append(f"{raw['file']}: {raw['error']}")
    return "\n".join(words)


def _tqdm() -> Any:
    """tqdm.auto, or None. Imported when there is progress to show: it takes a tenth of a second."""
    try:
        return importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return None
