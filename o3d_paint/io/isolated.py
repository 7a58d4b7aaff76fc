"""Native readers that may crash on a damaged file, run in a process of their own."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint import errors
from o3d_paint.child_process import python_command
from o3d_paint.errors import FormatError, PaintError, StorageError
from o3d_paint.io.disk_errors import disk_sentence

__all__ = ["read_guarded", "read_isolated"]

Arrays = Mapping[str, npt.NDArray[np.generic]]
_ARRAYS, _WORD = "arrays.npz", "word.json"
_TIMEOUT_SECONDS = 600
_LONGEST_REASON = 200
# Not multiprocessing, whose child runs the user's own script again up to where it reads a file.
_START = """
import pickle
run, arguments = pickle.load(sys.stdin.buffer)
run(*arguments)
"""
_NO_ROOM = 75  # EX_TEMPFAIL of sysexits.h


def read_isolated(
    reader: Callable[[Path], Arrays], path: Path
) -> dict[str, npt.NDArray[np.generic]]:
    """Run a reader of one file in a child process and return its arrays.

    Args:
        reader: A function of a module; raises `PaintError` for what it can say in words.
        path: The file.

    Raises:
        FormatError: The reader crashed, hung, or raised what is no `PaintError`.
        StorageError: There is no room for temporary files, or no process can be started.
        PaintError: Whatever the reader raised.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="o3d-paint-") as name:
            folder = Path(name)
            error = _outcome(pickle.dumps((_run, (reader, path, folder))), path, folder)
            if error is not None:
                raise error
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
    except OSError as problem:
        raise _no_room(path, disk_sentence(problem)) from problem


def _outcome(task: bytes, path: Path, folder: Path) -> PaintError | None:
    """Run a task in a child and wait for its word; silence is a crash."""
    nowhere = subprocess.DEVNULL
    # What native code has to say of its own end would reach the user's terminal.
    try:
        process = subprocess.Popen(
            python_command(_START), stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere
        )
    except OSError as problem:
        reason = disk_sentence(problem)
        return StorageError(f"{path} is read by a process of its own, which cannot start: {reason}")
    with process as child:
        try:
            child.communicate(task, timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return FormatError(f"{path} keeps its reader busy for ten minutes: it is damaged")
        finally:
            # Whatever ends the waiting, Ctrl+C too, leaves no reader behind.
            child.kill()
    if child.returncode == _NO_ROOM:
        return _no_room(path, f"{folder.parent} is full, or cannot be written")
    try:
        kind, message = json.loads((folder / _WORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return FormatError(f"{path} makes its reader crash: it is damaged, export it again")
    if kind is None:
        return None
    error: PaintError = getattr(errors, kind, FormatError)(message)
    return error


def _no_room(path: Path, reason: str) -> StorageError:
    msg = f"{path} is read by a process of its own, which needs temporary files ({reason})"
    return StorageError(f"{msg}: free some space, or name another folder with TMPDIR")


def read_guarded(reader: Callable[[Path], Arrays], path: Path) -> Arrays:
    """Run a foreign reader right here.

    Raises:
        FormatError: The reader raised what is no `PaintError`.
        PaintError: Whatever the reader raised.
    """
    try:
        return reader(path)
    except (PaintError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # A foreign reader raises whatever the bytes make it stumble over; a panic of Rust is no
        # Exception.
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
        msg = f"{path} cannot be read ({reason}): export it again"
        raise FormatError(msg) from error


def _run(reader: Callable[[Path], Arrays], path: Path, folder: Path) -> None:
    """Read in the child and tell the parent how it went."""
    word: tuple[str | None, str] = (None, "")
    arrays: Arrays = {}
    try:
        arrays = read_guarded(reader, path)
    except PaintError as error:
        word = (type(error).__name__, str(error))
    try:
        np.savez(folder / _ARRAYS, **arrays)  # type: ignore[arg-type]
        (folder / _WORD).write_text(json.dumps(word), encoding="utf-8")
    except OSError:
        sys.exit(_NO_ROOM)
