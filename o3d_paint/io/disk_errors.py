"""What the operating system says about files, as sentences with a remedy."""

from __future__ import annotations

import errno
from pathlib import Path

from o3d_paint.errors import FormatError, StorageError

__all__ = ["disk_sentence", "unreadable", "unwritable"]

_FULL = {
    errno.ENOSPC: "the disk is full: free some space or choose another place",
    errno.EDQUOT: "your disk quota is used up: free some space or choose another place",
    errno.EFBIG: "the file is larger than this disk allows: choose another place",
    errno.EROFS: "the disk is read-only: choose another place",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.ESTALE: "the network folder has gone: connect it again or choose another place",
    errno.EMFILE: "too many files are open: close other programs, or raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open: close other programs",
    errno.ELOOP: "its links lead round in a circle: remove them",
}
_WRITING = _FULL | {
    errno.EACCES: "you may not write there: choose another place or change its permissions",
    errno.EPERM: "you may not write there: choose another place or change its permissions",
    errno.ENOENT: "the folder does not exist (any more): make it or choose another place",
    errno.ENOTDIR: "part of the path is a file, not a folder: choose another place",
    errno.EISDIR: "it is a folder: add a file name",
    errno.EIO: "the disk reported an error: check it or choose another place",
    errno.ETXTBSY: "another program is using it: close that, or choose another name",
    errno.EBUSY: "another program is using it: close that, or choose another name",
}
_READING = _FULL | {
    errno.EACCES: "you may not read it: change its permissions",
    errno.EPERM: "you may not read it: change its permissions",
    errno.ENOENT: "it is not there (any more): check the name",
    errno.ENOTDIR: "part of the path is a file, not a folder: check the name",
    errno.EISDIR: "it is a folder: name a file",
    errno.EIO: "the disk reported an error: check it, or copy the file from elsewhere",
    errno.ENXIO: "it is no plain file: name a file",
}


def unreadable(path: Path | str, error: OSError) -> FormatError:
    """Return one sentence about a file that cannot be read."""
    return FormatError(f"{path} cannot be read: {_reason(_READING, error, 'check the disk')}")


def unwritable(path: Path | str, error: OSError) -> StorageError:
    """Return one sentence about a file that cannot be written."""
    return StorageError(f"cannot write {path}: {_reason(_WRITING, error, 'choose another place')}")


def disk_sentence(error: OSError) -> str:
    """Return one sentence about an error of which nobody said what was being done."""
    name = error.filename if error.filename2 is None else error.filename2
    reason = _reason(_FULL, error, "check permissions, place and disk")
    return reason if name is None else f"{_text(name)}: {reason}"


def _reason(known: dict[int, str], error: OSError, remedy: str) -> str:
    return known.get(error.errno or 0, f"{error.strerror or error}: {remedy}")


def _text(name: object) -> str:
    """Return a name as the system calls have it, which may be bytes."""
    return name.decode(errors="backslashreplace") if isinstance(name, bytes) else str(name)
