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
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from types import FrameType
from typing import Any

SECONDS = 5.0
MEMORY = 2 << 30
_BATCH = 20_000
_PATIENCE = 60.0
_PERIOD = 2.0
_SHORT_PERIOD = 0.05
_MENDED = 0.8
_CRASH = "crash of the process"


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one parser."""

    read: int = 0
    refused: int = 0
    crashes: int = 0
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
        """Writes the files; reads none yet, since libraries that do so start threads."""
        from bench.fuzz_targets import TARGETS

        self.name = name
        self.root = folder
        self._read, self._mend = TARGETS[name].read, TARGETS[name].mend
        self._files = TARGETS[name].make(folder)
        self._sound = [f.read_bytes() for f in self._files]

    def check(self) -> None:
        """Reads the sound files.

        Raises:
            PaintError: They are not sound.
        """
        for file in self._files:
            self._read(self.root, file)

    def damage(self, number: int) -> tuple[Path, bytes]:
        """Returns which file the input of a number damages, and what is in it then."""
        from bench.fuzz_mutate import damaged

        rng = random.Random(f"{self.name} {number}")
        which = rng.randrange(len(self._files))
        content = damaged(self._sound[which], rng.choice(self._sound), rng)
        return self._files[which], self._mend(content) if rng.random() < _MENDED else content

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
    """Raises `TooSlowError` inside the block when so much of the processor's time is used up.

    The time on the wall would blame parsers for what else runs; one that only waits is noticed by
    the parent process.
    """

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def limit_memory() -> None:
    """Lets this process take `MEMORY` bytes more than it has, and lets files declare less."""
    from o3d_paint.io import memory

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    memory.available_bytes = lambda: MEMORY // 2


def _child(name: str, numbers: range, skipped: set[int], at: Any, sender: Connection) -> None:
    """Reads inputs one after another; ``at`` holds the number of the present one.

    Counts are sent now and then, failures at once.
    """
    from bench.fuzz_targets import TARGETS

    folder = Path(tempfile.mkdtemp(prefix="o3d-paint-fuzz-", dir=_fast_folder()))
    counts: Counter[str] = Counter()
    slowest, told = 0.0, perf_counter()
    try:
        case = Case(name, folder)
        case.check()
        limit_memory()
        # After a crash everything since the last word is read again.
        period = _SHORT_PERIOD if TARGETS[name].may_crash else _PERIOD
        # What NumPy mumbles about infinite values would reach the user's terminal.
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("error", UserWarning)
        for number in numbers:
            at.value = number
            if number in skipped:
                continue
            started = process_time()
            kind = _outcome(case, number)
            slowest, now = max(slowest, process_time() - started), perf_counter()
            counts[kind] += 1
            if kind not in ("read", "refused") or now - told > period:
                sender.send((counts, slowest, number))
                counts, told = Counter(), now
        sender.send((counts, slowest, numbers[-1]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        sender.close()


def _outcome(case: Case, number: int) -> str:
    """Returns "read", "refused", or what went wrong and where."""
    started = process_time()
    try:
        with clock(SECONDS):
            kind = case.try_input(number)
        # A reader that catches everything catches the clock as well.
        return kind if process_time() - started < SECONDS else "TooSlowError, caught"
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)
        own = [f for f in where if "o3d_paint" in f.filename] or list(where)
        return f"{type(error).__name__} at {Path(own[-1].filename).name}:{own[-1].lineno}"


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def fuzz(name: str, first: int, count: int, keep: Path | None) -> Tally:
    """Reads inputs of one parser in child processes; one that dies is replaced."""
    from bench.fuzz_targets import TARGETS

    tally, number, may_crash = Tally(), first, TARGETS[name].may_crash
    deadly: set[int] = set()
    # A copy of this process is there at once, but may stumble over its threads.
    context: Any = multiprocessing.get_context("fork" if may_crash else "spawn")
    while number < first + count:
        receiver, sender = context.Pipe(duplex=False)
        at = context.RawValue("q", number)
        numbers = range(number, min(number + _BATCH, first + count))
        # No daemon: some parsers have children of their own.
        child = context.Process(target=_child, args=(name, numbers, deadly, at, sender))
        child.start()
        sender.close()
        try:
            done, problem = _listen(receiver, at, tally, keep, name=name, end=numbers[-1])
        except BaseException:
            child.kill()
            raise
        number = max(number, done + 1)
        if problem is not None:
            # What was read since the last report is read again, but for the input that ended it.
            deadly.add(int(at.value))
            if may_crash and problem == _CRASH:
                tally.refused, tally.crashes = tally.refused + 1, tally.crashes + 1
            else:
                _count(tally, problem, at.value, keep=keep, name=name)
        child.join(timeout=1)
        if child.is_alive():
            child.kill()
            child.join()
    return tally


def _listen(
    receiver: Connection, at: Any, tally: Tally, keep: Path | None, *, name: str, end: int
) -> tuple[int, str | None]:
    """Counts what a child tells; returns the last number reported, and why it ended too early."""
    done, seen, quiet = -1, -1, 0.0
    while done < end:
        try:
            if not receiver.poll(_PERIOD):
                quiet = quiet + _PERIOD if at.value == seen else 0.0
                seen = at.value
                if quiet > _PATIENCE:
                    return done, "hang, not even the clock stopped it"
                continue
            counts, slowest, done = receiver.recv()
        except (EOFError, OSError):
            return done, _CRASH
        tally.slowest = max(tally.slowest, slowest)
        tally.read += counts.pop("read", 0)
        tally.refused += counts.pop("refused", 0)
        for kind in counts:
            _count(tally, kind, done, keep=keep, name=name)
    return done, None


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
            "crashes_of_foreign_readers": tally.crashes,
            "slowest_seconds": round(tally.slowest, 3), "failures": dict(tally.failures),
        }  # fmt: skip
        if options.json is not None:
            options.json.write_text(json.dumps(report, indent=1))
    return 1 if failed else 0
