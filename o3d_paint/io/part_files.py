"""Files on their way: written beside their place under a name of their own, locked meanwhile.

The lock ends with the process, however that ends, so what nobody holds was left by a writer that
is dead and can go. Where a disk knows no locks, or another computer may be writing, age decides.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["is_part", "new_part_name", "part_file", "part_folder", "remove_dead_parts"]

_HOST = hashlib.blake2b(socket.gethostname().encode(errors="replace"), digest_size=4).hexdigest()
_NAME = re.compile(r"\.o3d-paint-(?:(?P<host>[0-9a-f]{8})-)?[0-9a-zA-Z_]+\.part")
_FLAGS = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW"))
_DAY_S = 86_400.0
_swept: set[str] = set()


def new_part_name(folder: Path) -> Path:
    """Return a name in a folder that nothing has, for what will move to its place."""
    return folder / f".o3d-paint-{_HOST}-{secrets.token_hex(8)}.part"


def is_part(path: Path) -> bool:
    """Return whether a name is one of `new_part_name`."""
    return _NAME.fullmatch(path.name) is not None


@contextmanager
def part_file(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Open a new file in a folder, with the permissions that the user's files get.

    What dead writers left there goes, once for each folder that a process writes to.

    Yields:
        A buffered binary file that can be read and sought, and its name; nobody else removes it
        while it is open.

    Raises:
        OSError: It cannot be made.
    """
    if str(folder) not in _swept:
        _swept.add(str(folder))
        remove_dead_parts(folder)
    while True:
        path = new_part_name(folder)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666)
        with os.fdopen(descriptor, "w+b", buffering=1 << 20) as file:
            _lock(descriptor)
            if not _has_name(descriptor, path):
                # Somebody tidied up between our making and locking it.
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                continue
            try:
                yield file, path
            finally:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        return


@contextmanager
def part_folder(folder: Path) -> Iterator[Path]:
    """Make a folder in a folder, for libraries that write to names only; it goes at the end.

    Raises:
        OSError: It cannot be made.
    """
    if str(folder) not in _swept:
        _swept.add(str(folder))
        remove_dead_parts(folder)
    while True:
        path = new_part_name(folder)
        path.mkdir(0o700)
        descriptor = _opened_folder(path)
        try:
            if descriptor is not None:
                _lock(descriptor)
                if not _has_name(descriptor, path):
                    continue
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            if descriptor is not None:
                os.close(descriptor)
        return


def remove_dead_parts(folder: Path) -> None:
    """Remove what writers left in a folder that were killed; what resists is left."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [(e.path, m) for e in entries if (m := _NAME.fullmatch(e.name)) is not None]
        for path, match in found:
            with suppress(OSError):
                _remove_if_dead(path, is_own=match["host"] == _HOST)


def _remove_if_dead(path: str, *, is_own: bool) -> None:
    """Remove a file that nobody holds, and what is older than a day.

    Raises:
        OSError: It cannot be removed.
    """
    known = os.lstat(path)
    if time.time() - known.st_mtime > _DAY_S:
        if stat.S_ISDIR(known.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    elif is_own and stat.S_ISREG(known.st_mode) and sys.platform != "win32":
        descriptor = os.open(path, os.O_RDWR | _FLAGS)
        try:
            if _lock(descriptor):
                os.unlink(path)
        finally:
            os.close(descriptor)
    elif is_own and (folder := _opened_folder(Path(path))) is not None:
        try:
            if _lock(folder):
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(folder)


def _opened_folder(path: Path) -> int | None:
    """Return an open folder that can be locked, where the system has such."""
    if not hasattr(os, "O_DIRECTORY"):
        return None
    with suppress(OSError):
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    return None


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; returns whether that worked.

    Windows removes no file that is open, so that nothing need be locked there.
    """
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _has_name(descriptor: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False
