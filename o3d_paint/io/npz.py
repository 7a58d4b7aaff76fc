"""NPZ archives of NumPy, read without trust; see `npy`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from time import time
from typing import IO, BinaryIO
from weakref import finalize

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory
from o3d_paint.io.npy import (
    BROKEN,
    ArrayHeader,
    Layers,
    npy_header,
    read_data,
    read_header,
    read_npy,
)

__all__ = ["NpzArchive", "npy_header", "read_npy"]

_MAX_MEMBERS = 10_000
_STILL_WRITING = 60.0


class NpzArchive:
    """An open NPZ file; a context manager."""

    def __init__(self, path: Path | str) -> None:
        """Open the file and read the headers of all arrays.

        Args:
            path: The file; its name does not matter.

        Raises:
            FormatError: It is not there, no zip archive, cut off, or an array is malformed.
        """
        self.path = Path(path)
        self._granted: set[str] = set()
        self._file = open_file(self.path)
        finalize(self, self._file.close)
        try:
            self._zip = _open_zip(self._file, self.path)
            self._members = self._array_members()
            self.headers = {key: self._header(key) for key in self._members}
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> NpzArchive:
        """Return the archive."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the arrays, in the file's order."""
        return tuple(self.headers)

    def require_memory(self, keys: Iterable[str], *, limit: int | None = None) -> None:
        """Refuse arrays that would not fit into memory.

        Raises:
            SceneError: They would not.
        """
        wanted = set(keys)
        require_memory(str(self.path), sum(self.headers[k].nbytes for k in wanted), limit=limit)
        self._granted |= wanted

    def read(self, key: str) -> npt.NDArray[np.generic]:
        """Return an array in the machine's byte order.

        Raises:
            FormatError: It holds objects, or its bytes are damaged or cut off.
            SceneError: It would not fit into memory.
        """
        header = self.headers[key]
        if header.dtype.hasobject:
            msg = (
                f"{self.path}: {key!r} holds pickled Python objects, which could run any code and"
                " are never read: save it as a plain numeric array"
            )
            raise FormatError(msg)
        if key not in self._granted:
            require_memory(f"{self.path}: {key!r}", header.nbytes)
        try:
            with self._zip.open(self._members[key]) as file:
                read_header(file)
                data = read_data(file, header)
                if file.read(1):
                    msg = "there is more data than its header says"
                    raise ValueError(msg)
        except BROKEN as error:
            raise self._damaged(key, error) from error
        return data

    def layers(self, key: str) -> Layers:
        """Return an array to be read a layer at a time, while the archive is open.

        Raises:
            FormatError: It holds objects, or its layers do not follow each other.
        """
        header = self.headers[key]
        if header.dtype.hasobject or header.fortran_order or not header.shape:
            msg = f"{self.path}: {key!r} is no stack of layers: write it in C order, as numbers"
            raise FormatError(msg)
        try:
            file = self._zip.open(self._members[key])
            _, offset = read_header(file)
        except BROKEN as error:
            raise self._damaged(key, error) from error
        return Layers(partial(self._kept, file), header, offset, f"{self.path}: {key!r}")

    def _kept(self, file: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
        """Return a member's stream, which needs the archive as long as itself."""
        return nullcontext(file)

    def _array_members(self) -> dict[str, str]:
        names = [i.filename for i in self._zip.infolist() if i.filename.endswith(".npy")]
        if len(names) > _MAX_MEMBERS:
            msg = (
                f"{self.path} holds {len(names)} arrays, more than any scene: is it the right file?"
            )
            raise FormatError(msg)
        return {name.removesuffix(".npy"): name for name in names}

    def _header(self, key: str) -> ArrayHeader:
        try:
            with self._zip.open(self._members[key]) as file:
                header, offset = read_header(file)
        except BROKEN as error:
            raise self._damaged(key, error) from error
        stored = self._zip.getinfo(self._members[key]).file_size - offset
        if not header.dtype.hasobject and header.nbytes != stored:
            msg = (
                f"{self.path}: {key!r} says it has shape {header.shape} of {header.dtype}"
                f" ({header.nbytes} bytes) but {stored} bytes follow: the file is damaged or was"
                " written by something else, write it again"
            )
            raise FormatError(msg)
        return header

    def _damaged(self, key: str, error: BaseException) -> FormatError:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return FormatError(
            f"{self.path}: the array {key!r} cannot be read ({reason}): the file is damaged,"
            " copy or write it again"
        )


def _open_zip(file: BinaryIO, path: Path) -> zipfile.ZipFile:
    """Open a zip archive."""
    try:
        start = file.read(4)
        if not start.startswith(b"PK"):
            what = "is empty" if not start else f"starts with {start!r}"
            msg = f"{path} is not an NPZ file: expected a zip archive, but it {what}"
            raise FormatError(msg)
        return zipfile.ZipFile(file)
    except BROKEN as error:
        raise FormatError(_unfinished(path, error)) from error


def _unfinished(path: Path, error: BaseException) -> str:
    """Return the sentence about a ZIP without its end: estimators write theirs in the background.

    (Depth-Anything-3 returns before its NPZ is on the disk.)
    """
    try:
        age = max(0, time() - path.stat().st_mtime)
    except OSError:
        age = _STILL_WRITING
    if age < _STILL_WRITING:
        return f"{path} is not finished yet (last written to {age:.0f} s ago): try again shortly"
    return f"{path} is cut off or was never finished ({error}): copy or write it again"
