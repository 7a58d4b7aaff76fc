"""Native readers that may crash on a damaged file, run in a process of their own."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError, PaintError

__all__ = ["read_guarded", "read_isolated"]

Arrays = Mapping[str, npt.NDArray[np.generic]]
_TIMEOUT_SECONDS = 600
_LONGEST_REASON = 200


def read_isolated(
    reader: Callable[[Path], Arrays], path: Path
) -> dict[str, npt.NDArray[np.generic]]:
    """Run a reader of one file in a child process and return its arrays.

    Args:
        reader: A function of a module; raises `PaintError` for what it can say in words.
        path: The file.

    Raises:
        FormatError: The reader crashed, hung, or raised what is no `PaintError`.
        PaintError: Whatever the reader raised.
    """
    with tempfile.TemporaryDirectory(prefix="o3d-paint-") as folder:
        target = Path(folder) / "arrays.npz"
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_run, args=(reader, path, target, sender), daemon=True)
        child.start()
        sender.close()
        try:
            error = _outcome(receiver, path)
            child.join(timeout=5)
        finally:
            # Whatever ends the waiting, Ctrl+C too, leaves no reader behind.
            if child.is_alive():
                child.kill()
                child.join()
        if error is not None:
            raise error
        with np.load(target, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _outcome(receiver: multiprocessing.connection.Connection, path: Path) -> PaintError | None:
    """Wait for the child's word; silence is a crash."""
    try:
        if not receiver.poll(_TIMEOUT_SECONDS):
            return FormatError(f"{path} keeps its reader busy for ten minutes: it is damaged")
        kind, message = receiver.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        return FormatError(f"{path} makes its reader crash: it is damaged, export it again")
    if kind is None:
        return None
    error: PaintError = kind(message)
    return error


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


def _run(
    reader: Callable[[Path], Arrays],
    path: Path,
    target: Path,
    sender: multiprocessing.connection.Connection,
) -> None:
    """Read in the child and tell the parent how it went."""
    # What native code has to say of its own end would reach the user's terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        np.savez(target, **read_guarded(reader, path))  # type: ignore[arg-type]
    except PaintError as error:
        sender.send((type(error), str(error)))
    else:
        sender.send((None, ""))
