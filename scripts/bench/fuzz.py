"""Damages sound files of every format and reads them: a result or a `PaintError`, nothing else.

``python scripts/bench.py fuzz [--inputs 100000] [--only ply,pcd] [--seed 0] [--keep DIR]``

Every input is read in a child process with a limit on memory, against a clock. An input is known by
its parser and number alone (``--only ply --first 4711 --inputs 1`` repeats one). What is no result
and no `PaintError` is counted by its kind and the first of each kind is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from types import FrameType

SECONDS = 5.0
MEMORY = 2 << 30
_BATCH = 2000
_PATIENCE = 30.0


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one parser."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def inputs(self) -> int:
        """Number of inputs so far."""
        return self.read + self.refused + sum(self.failures.values())


class TooSlowError(Exception):
    """An input took longer than it may."""


class Case:
    """Sound files of one format in a folder, of which one is damaged at a time."""

    def __init__(self, name: str, folder: Path) -> None:
        """Writes the files."""
        from bench.fuzz_targets import TARGETS

        self.name = name
        self.root = folder
        self._read = TARGETS[name].read
        self._files = TARGETS[name].make(folder)
        self._sound = [f.read_bytes() for f in self._files]
        for file in self._files:
            self._read(folder, file)

    def damage(self, number: int) -> tuple[Path, bytes]:
        """Returns which file the input of a number damages, and what is in it then."""
        from bench.fuzz_mutate import damaged

        rng = random.Random(f"{self.name} {number}")
        which = rng.randrange(len(self._files))
        return self._files[which], damaged(self._sound[which], rng.choice(self._sound), rng)

    def try_input(self, number: int) -> str:
        """Reads an input; returns "read" or "refused".

        Raises:
            BaseException: The parser failed.
        """
        from o3d_paint.errors import PaintError

        file, content = self.damage(number)
        file.write_bytes(content)
        try:
            self._read(self.root, file)
        except PaintError as error:
            if "\n" in str(error).replace(str(self.root), ""):
                msg = "a message of several lines"
                raise AssertionError(msg) from error
            return "refused"
        finally:
            file.write_bytes(self._sound[self._files.index(file)])
        return "read"


@contextmanager
def clock(seconds: float) -> Iterator[None]:
    """Raises `TooSlowError` inside the block when the time is up."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limit_memory() -> None:
    """Lets this process take `MEMORY` bytes more than it has, and lets files declare less."""
    from o3d_paint.io import memory

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    memory.available_bytes = lambda: MEMORY // 2  # type: ignore[assignment]


def run_batch(
    name: str, first: int, count: int, tell: Callable[[tuple[object, ...]], None]
) -> None:
    """Reads inputs one after another and tells how each went."""
    folder = Path(tempfile.mkdtemp(prefix="o3d-paint-fuzz-", dir=_fast_folder()))
    try:
        case = Case(name, folder)
        limit_memory()
        for number in range(first, first + count):
            tell(("begin", number))
            started = perf_counter()
            try:
                with clock(SECONDS):
                    kind = case.try_input(number)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                where = traceback.extract_tb(error.__traceback__)
                own = [f for f in where if "o3d_paint" in f.filename] or list(where)
                kind = f"{type(error).__name__} at {Path(own[-1].filename).name}:{own[-1].lineno}"
            tell((kind, number, perf_counter() - started))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _child(name: str, first: int, count: int, sender: Connection) -> None:
    run_batch(name, first, count, sender.send)
    sender.close()


def fuzz(name: str, first: int, count: int, keep: Path | None) -> Tally:
    """Reads inputs of one parser in child processes; one that dies is replaced."""
    tally, number = Tally(), first
    context = multiprocessing.get_context("spawn")
    while number < first + count:
        receiver, sender = context.Pipe(duplex=False)
        size = min(_BATCH, first + count - number)
        child = context.Process(target=_child, args=(name, number, size, sender), daemon=True)
        child.start()
        sender.close()
        number = _listen(receiver, tally, keep, name=name, number=number)
        child.join(timeout=1)
        if child.is_alive():
            child.kill()
            child.join()
    return tally


def _listen(
    receiver: Connection, tally: Tally, keep: Path | None, *, name: str, number: int
) -> int:
    """Counts what a child tells until it ends, and returns the number of the next input."""
    has_begun = False
    while True:
        try:
            if not receiver.poll(_PATIENCE if has_begun else 10 * _PATIENCE):
                _count(tally, "hang, not even the clock stopped it", number, keep=keep, name=name)
                return number + 1
            kind, number, *seconds = receiver.recv()
        except (EOFError, OSError):
            if has_begun:
                _count(tally, "crash of the process", number, keep=keep, name=name)
                return number + 1
            return number + 1
        has_begun = kind == "begin"
        if has_begun:
            continue
        tally.slowest = max(tally.slowest, seconds[0])
        if kind == "read":
            tally.read += 1
        elif kind == "refused":
            tally.refused += 1
        else:
            _count(tally, kind, number, keep=keep, name=name)


def _count(tally: Tally, kind: str, number: int, *, keep: Path | None, name: str) -> None:
    tally.failures[kind] += 1
    if tally.failures[kind] > 1:
        return
    print(f"    {name} {number}: {kind}", flush=True)
    if keep is None:
        return
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        file, content = Case(name, Path(folder)).damage(number)
        (keep / f"{name}-{number}-{file.name}").write_bytes(content)


def main(arguments: list[str]) -> int:
    """Prints a line for each parser; the result is 1 where one failed."""
    from bench.fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(prog="bench.py fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="per parser")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--only", default=",".join(TARGETS), help="parsers, with commas")
    parser.add_argument("--keep", type=Path, help="where inputs that failed go")
    parser.add_argument("--json", type=Path, help="where the counts go")
    options = parser.parse_args(arguments)
    failed, report = 0, {}
    print(
        f"{'parser':<16}{'inputs':>9}{'read':>9}{'refused':>9}{'failed':>8}{'slowest':>9}{'time':>8}"
    )
    for name in options.only.split(","):
        started = perf_counter()
        tally = fuzz(name, options.first, options.inputs, options.keep)
        bad = sum(tally.failures.values())
        failed += bad
        seconds = perf_counter() - started
        print(
            f"{name:<16}{tally.inputs:>9,}{tally.read:>9,}{tally.refused:>9,}{bad:>9,}"
            f"{tally.slowest:>8.2f}s{seconds:>8.0f}s",
            flush=True,
        )
        report[name] = {
            "inputs": tally.inputs, "read": tally.read, "refused": tally.refused,
            "slowest_seconds": round(tally.slowest, 3), "failures": dict(tally.failures),
        }  # fmt: skip
        if options.json is not None:
            options.json.write_text(json.dumps(report, indent=1))
    return 1 if failed else 0
