"""Files that somebody else made: only plain ones are opened, and none outside what was named.

A scene, project or folder of masks may come from anybody. `reading` is told what the user named;
while it lasts, `open_file` and `require_file` refuse what a link leads out of there, and pipes,
devices and sockets always: those may never end, or do something by being opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from o3d_paint.errors import FormatError
from o3d_paint.io.disk_errors import unreadable
from o3d_paint.io.memory import require_memory

__all__ = [
    "is_link",
    "leads_out",
    "noting_files",
    "open_file",
    "open_text",
    "read_file",
    "reading",
    "require_file",
    "require_inside",
]

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
_LINK_TAGS = (0xA000000C, 0xA0000003)  # IO_REPARSE_TAG_SYMLINK and _MOUNT_POINT of Windows
# A model in sparse/0 has its photos in ../../images, or beside the workspace.
_LEVELS_UP = 3

_named: ContextVar[tuple[str, ...]] = ContextVar("_named", default=())
_noted: ContextVar[dict[str, None] | None] = ContextVar("_noted", default=None)


@contextmanager
def reading(*paths: Path | str | None) -> Iterator[None]:
    """Read from files and folders that the user named; nothing inside is followed out of them.

    What the operating system refuses meanwhile is one sentence. Within another ``reading`` both
    hold.

    Args:
        paths: What the user named, which may be links themselves; None is passed over.

    Raises:
        FormatError: A disk fails, or something may not be read.
    """
    named = [os.path.abspath(path) for path in paths if path is not None]
    token = _named.set((*_named.get(), *named))
    try:
        yield
    except OSError as error:
        # Without a number it is no disk that failed, but a library that cannot be loaded.
        if error.errno is None or isinstance(error, (BrokenPipeError, TimeoutError)):
            raise
        name = error.filename if error.filename is not None else next(iter(named), "a file")
        raise unreadable(os.fsdecode(name) if isinstance(name, bytes) else name, error) from error
    finally:
        _named.reset(token)


@contextmanager
def noting_files() -> Iterator[dict[str, None]]:
    """Note which files are opened in the block: none of them may be written over.

    Yields:
        Their absolute paths as keys, in the order in which they were opened first.
    """
    noted: dict[str, None] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def require_file(path: Path | str) -> Path:
    """Return the path of a plain file that may be opened, for readers that take names only.

    Raises:
        FormatError: It is not there, may not be read, is no plain file, or a link leads to it from
            what the user named.
    """
    with open_file(path):
        return Path(path)


def open_file(path: Path | str) -> BinaryIO:
    """Open a plain file for reading.

    Raises:
        FormatError: As `require_file`.
    """
    require_inside(path)
    try:
        # Looked at before it is opened, since opening a device can do something, and after.
        _require_plain(path, os.stat(path))
        descriptor = os.open(path, _FLAGS)
        try:
            _require_plain(path, os.fstat(descriptor))
            if (noted := _noted.get()) is not None:
                noted[os.path.abspath(path)] = None
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except FileNotFoundError as error:
        msg = f"there is no file {path}: check the name"
        raise FormatError(msg) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        msg = f"{path} cannot be the name of a file"
        raise FormatError(msg) from error


def open_text(path: Path | str, *, encoding: str = "utf-8") -> TextIOWrapper:
    """Open a plain file as text; bytes that are none show as U+FFFD.

    Raises:
        FormatError: As `require_file`.
    """
    return TextIOWrapper(open_file(path), encoding=encoding, errors="replace")


def read_file(path: Path | str, *, factor: float = 1) -> bytes:
    """Return the bytes of a plain file.

    Args:
        path: The file.
        factor: Memory that what is made of it takes, in multiples of its size.

    Raises:
        FormatError: As `require_file`, or it cannot be read to its end.
        SceneError: It would not fit into memory.
    """
    with open_file(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            require_memory(str(path), int(size * factor))
            # Files of /proc say 0 and have more.
            return file.read(size + 1)
        except OSError as error:
            raise unreadable(path, error) from error


def require_inside(path: Path | str) -> None:
    """Refuse a file or folder that a link leads to from what the user named.

    Raises:
        FormatError: One does.
    """
    named = _named.get()
    if not named:
        return
    try:
        place = os.path.abspath(path)
        if place in named:
            return
        folder = _nearest([*named, *map(os.path.realpath, named)], place)
        is_outside = folder is not None and leads_out(place, folder)
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be the name of a file"
        raise FormatError(msg) from error
    if is_outside:
        msg = (
            f"a link leads from {path} out of {folder}, and such links are not followed: put the"
            " file itself there, or name its place with an option"
        )
        raise FormatError(msg)


def is_link(path: Path | str) -> bool:
    """Return whether a path itself is a symbolic link or a junction; False where nothing is."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS


def leads_out(path: Path | str, folder: Path | str) -> bool:
    """Return whether links lead from a path to somewhere outside of a folder."""
    return not _is_within(os.path.realpath(path), os.path.realpath(folder))


def _require_plain(path: Path | str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        msg = f"{path} is {kind}, and only plain files are read: name a file"
        raise FormatError(msg)


def _nearest(named: list[str], place: str) -> str | None:
    """Return the deepest folder that a place and something named share, at most a bit above it."""
    shared = []
    for name in named:
        try:
            common = os.path.commonpath([name, place])
        except ValueError:
            continue  # another drive
        above = len(Path(os.path.relpath(name, common)).parts) if common != name else 0
        if above <= _LEVELS_UP and os.path.dirname(common) != common:
            shared.append(common)
    return max(shared, key=len, default=None)


def _is_within(place: str, folder: str) -> bool:
    place, folder = os.path.normcase(place), os.path.normcase(folder)
    return place == folder or place.startswith(os.path.join(folder, ""))
