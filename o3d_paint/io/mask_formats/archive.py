"""ZIP archives that somebody else made: members are read into memory, never unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = ["member_names", "read_member"]

_MAX_MEMBERS = 100_000


def member_names(path: Path) -> list[str]:
    """Return the names of the files in an archive.

    Raises:
        FormatError: It is no ZIP archive, damaged, or has absurdly many members.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            names = [i.filename for i in archive.infolist() if not i.filename.endswith("/")]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        msg = f"{path} is not a ZIP archive that can be read: export it again"
        raise FormatError(msg) from error
    if len(names) > _MAX_MEMBERS:
        msg = f"{path} has {len(names)} members, more than {_MAX_MEMBERS}: it is not read"
        raise FormatError(msg)
    return names


def read_member(path: Path, name: str) -> BytesIO:
    """Return the bytes of one member, its declared size checked before and while it is read.

    Raises:
        FormatError: It is not there, encrypted, or damaged.
        SceneError: It would not fit into memory.
    """
    try:
        with (
            open_file(path) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(name) as member,
        ):
            size = archive.getinfo(name).file_size
            require_memory(f"{name!r} in {path}", size)
            data = member.read(size + 1)
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        msg = f"{name!r} in {path} cannot be read ({error}): export it again"
        raise FormatError(msg) from error
    return BytesIO(data)
