"""Files that are written whole or not at all.

A file is written beside its place under a name of its own, flushed to the disk, and moved over the
old one in one step. Whatever goes wrong before that step, the old file is still there.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from o3d_paint.errors import StorageError

__all__ = [
    "make_folder",
    "refuse_overwriting",
    "remove_file",
    "replacing",
    "write_bytes",
    "write_json",
]

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space or choose another place",
    errno.EDQUOT: "your disk quota is used up: free some space or choose another place",
    errno.EFBIG: "the file is larger than this disk allows: choose another place",
    errno.EROFS: "the disk is read-only: choose another place",
    errno.EACCES: "you may not write there: choose another place or change its permissions",
    errno.EPERM: "you may not write there: choose another place or change its permissions",
    errno.ENOENT: "the folder does not exist (any more): make it or choose another place",
    errno.ENOTDIR: "part of the path is a file, not a folder: choose another place",
    errno.EISDIR: "it is a folder: add a file name",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.EIO: "the disk reported an error: check it or choose another place",
    errno.ESTALE: "the network folder has gone: connect it again or choose another place",
}


@contextmanager
def replacing(path: Path | str, *, inputs: Iterable[Path | str] = ()) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place only when the block ends without an error.

    Args:
        path: Where the file belongs. A symbolic link is followed; permissions of a file that was
            there before are kept.
        inputs: Files that were read for this output and are never written over.

    Yields:
        A buffered binary file that can also be read and sought.

    Raises:
        StorageError: The file is an input, or the disk is full, read-only or gone.
    """
    refuse_overwriting(path, inputs)
    target = Path(os.path.realpath(path))
    beside = target.parent / f".o3d-paint-{secrets.token_hex(8)}.part"
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
        with _created(beside) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _keep_permissions(target, beside)
        os.replace(beside, target)
    except OSError as error:
        if error.filename is None or Path(error.filename) in (beside, target):
            raise _explained(path, error) from error
        raise
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def write_bytes(path: Path | str, data: bytes, *, inputs: Iterable[Path | str] = ()) -> None:
    """Write a whole file at once, as `replacing` does."""
    with replacing(path, inputs=inputs) as file:
        file.write(data)


def write_json(path: Path | str, value: object, *, inputs: Iterable[Path | str] = ()) -> None:
    """Write a value as readable UTF-8 JSON, as `replacing` does.

    Raises:
        ValueError: The value holds NaN or infinity, which JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, (text + "\n").encode("utf-8", errors="backslashreplace"), inputs=inputs)


def remove_file(path: Path | str, *, inputs: Iterable[Path | str] = ()) -> None:
    """Remove a file that an earlier export left, if there is one.

    Raises:
        StorageError: It is an input, or cannot be removed.
    """
    refuse_overwriting(path, inputs)
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise _explained(path, error) from error


def make_folder(path: Path | str) -> Path:
    """Make a folder and those above it; one that is there already will do.

    Raises:
        StorageError: It cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        msg = f"cannot make the folder {folder}: a file has that name, choose another"
        raise StorageError(msg) from error
    except OSError as error:
        raise _explained(folder, error) from error
    return folder


def refuse_overwriting(path: Path | str, inputs: Iterable[Path | str]) -> None:
    """Check that an output is none of the inputs, by whatever name or link.

    Raises:
        StorageError: It is one.
    """
    for source in inputs:
        same = os.path.realpath(path) == os.path.realpath(source)
        with suppress(OSError):
            same = same or os.path.samefile(path, source)
        if same:
            msg = f"{path} is being read and would be written over: choose another name"
            raise StorageError(msg)


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    """Create a file that must not exist yet, with the permissions that the user's files get."""
    descriptor = os.open(
        path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
    )
    with os.fdopen(descriptor, "w+b", buffering=1 << 20) as file:
        yield file


def _keep_permissions(old: Path, new: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(FileNotFoundError, PermissionError):
        os.chmod(new, old.stat().st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Bring the new name onto the disk; some systems cannot, and the file itself is safe."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explained(path: Path | str, error: OSError) -> StorageError:
    """Return one sentence about a failed write."""
    reason = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}: choose another place")
    return StorageError(f"cannot write {path}: {reason}")
