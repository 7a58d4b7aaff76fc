"""Files that are written whole or not at all.

A file is written beside its place under a name of its own, flushed to the disk, and moved over the
old one in one step. Whatever goes wrong before that step, the old file is still there.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from o3d_paint.errors import StorageError
from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.files import leads_out
from o3d_paint.io.part_files import is_part, part_file
from o3d_paint.plain_text import json_text

__all__ = [
    "is_same_place",
    "make_folder",
    "move_into_place",
    "refuse_devices",
    "refuse_overwriting",
    "remove_file",
    "replacing",
    "write_bytes",
    "write_json",
]

_STDOUT = "-"
_IN_MEMORY = 1 << 24


@contextmanager
def replacing(path: Path | str, *, inputs: Iterable[Path | str] = ()) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place only when the block ends without an error.

    Args:
        path: Where the file belongs; ``-`` is the standard output. A symbolic link within its
            folder is followed; permissions of a file that was there before are kept.
        inputs: Files that were read for this output and are never written over.

    Yields:
        A buffered binary file that can also be read and sought.

    Raises:
        StorageError: The file is an input, a device or leads elsewhere, or the disk is full,
            read-only or gone.
    """
    if str(path) == _STDOUT:
        with _to_stdout() as file:
            yield file
        return
    refuse_overwriting(path, inputs)
    try:
        target = _target_of(path)
    except OSError as error:
        raise unwritable(path, error) from error
    if target is None:
        with open(os.devnull, "w+b") as nowhere:
            yield nowhere
        return
    try:
        with part_file(target.parent) as (file, beside):
            yield file
            file.flush()
            os.fsync(file.fileno())
            _keep_permissions(target, beside)
            if os.name == "nt":
                file.close()  # Windows moves nothing that is open
            os.replace(beside, target)
    except OSError as error:
        if error.filename is None or _is_of(Path(error.filename), target):
            raise unwritable(path, error) from error
        raise
    _sync_folder(target.parent)


def _target_of(path: Path | str) -> Path | None:
    """Return the plain file to be written or made; None where all goes nowhere.

    Raises:
        StorageError: It is a folder, a device or the like, or a link leads out of its folder.
        OSError: It cannot be looked at.
    """
    if os.path.realpath(path) == os.path.realpath(os.devnull):
        return None
    target = Path(os.path.realpath(path))
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(mode):
        msg = f"{path} is a device or a pipe, not a file: name a file, or - for standard output"
        raise StorageError(msg)
    if os.path.islink(path) and leads_out(path, os.path.dirname(os.path.abspath(path))):
        msg = f"{path} is a link that leads to {target}: name that file itself, or remove the link"
        raise StorageError(msg)
    return target


def _is_of(path: Path, target: Path) -> bool:
    """Return whether an error about a path is one about writing a file."""
    return path in (target, target.parent) or (path.parent == target.parent and is_part(path))


@contextmanager
def _to_stdout() -> Iterator[BinaryIO]:
    """Open a file whose content goes to the standard output once it is whole."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        yield cast(BinaryIO, file)
        file.seek(0)
        sys.stdout.flush()
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()


def move_into_place(made: Path, path: Path | str, *, inputs: Iterable[Path | str] = ()) -> None:
    """Move a file that a library wrote, in a `part_folder` of its place, as `replacing` does.

    Raises:
        StorageError: As `replacing`.
    """
    refuse_overwriting(path, inputs)
    try:
        target = _target_of(path)
        if target is None:
            return
        with made.open("r+b") as file:
            os.fsync(file.fileno())
        os.chmod(made, _usual_mode(made.parent))
        _keep_permissions(target, made)
        os.replace(made, target)
    except OSError as error:
        raise unwritable(path, error) from error
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
    text = json_text(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))
    write_bytes(path, (text + "\n").encode("utf-8"), inputs=inputs)


def remove_file(path: Path | str, *, inputs: Iterable[Path | str] = ()) -> None:
    """Remove a file that an earlier export left, if there is one.

    Raises:
        StorageError: It is an input, or cannot be removed.
    """
    refuse_overwriting(path, inputs)
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def make_folder(path: Path | str, *, within: Path | str | None = None) -> Path:
    """Make a folder and those above it; one that is there already will do.

    Args:
        path: The folder.
        within: What the user named, out of which no link there may lead.

    Raises:
        StorageError: It cannot be made, or a link leads it elsewhere.
    """
    folder = Path(path)
    if within is not None and leads_out(folder, within):
        msg = f"{folder} is a link that leads out of {within}: remove it or choose another place"
        raise StorageError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        msg = f"cannot make the folder {folder}: a file has that name, choose another"
        raise StorageError(msg) from error
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def refuse_overwriting(path: Path | str, inputs: Iterable[Path | str]) -> None:
    """Check that an output is none of the inputs, by whatever name or link.

    Raises:
        StorageError: It is one.
    """
    is_there = os.path.exists(path)
    for source in inputs:
        # Scenes are read from thousands of files: what is not there yet is none of them.
        if (is_there or not os.path.exists(source)) and is_same_place(path, source):
            msg = f"{path} is being read and would be written over: choose another name"
            raise StorageError(msg)


def refuse_devices(path: Path | str) -> None:
    """Check that an output is a plain file, or nothing yet, or where everything goes nowhere.

    Raises:
        StorageError: It is a device or a pipe, or a link leads out of its folder.
    """
    try:
        _target_of(path)
    except OSError as error:
        raise unwritable(path, error) from error


def is_same_place(one: Path | str, other: Path | str) -> bool:
    """Return whether two names are of one file, by whatever links."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        pass
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))


def _keep_permissions(old: Path, new: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(FileNotFoundError, PermissionError):
        os.chmod(new, old.stat().st_mode & 0o7777)


def _usual_mode(folder: Path) -> int:
    """Return the permissions that the user's new files get."""
    probe = folder / "mode"
    probe.touch()
    try:
        return probe.stat().st_mode & 0o777
    finally:
        probe.unlink()


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
