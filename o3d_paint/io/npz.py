"""NPZ archives of NumPy, read without trust.

Shapes and types are read from the headers before any memory is taken; objects are never unpickled;
every way in which the file can be broken becomes one sentence.
"""

from __future__ import annotations

import ast
import lzma
import math
import os
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import IO, BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = ["ArrayHeader", "NpzArchive", "npy_header", "read_npy"]

_MAX_HEADER = 10_000
_MAX_ITEM = 1 << 16
_MAX_TEXT = 1 << 24  # of one value alone: the names of all classes
_MAX_MEMBERS = 10_000
_CHUNK = 1 << 22
_STILL_WRITING = 60.0
# What zipfile, zlib and NumPy's header parser raise on bytes that somebody else made up.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    tokenize.TokenError,
    struct.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    MemoryError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What an array file says about itself.

    Attributes:
        shape: Its shape.
        dtype: Its type, as written.
        fortran_order: Whether the first axis runs fastest.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran_order: bool

    @property
    def nbytes(self) -> int:
        """Bytes of the data; exact also where NumPy's own product would overflow."""
        return math.prod(self.shape) * self.dtype.itemsize


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
                _read_header(file)
                data = _read_data(file, header)
                if file.read(1):
                    msg = "there is more data than its header says"
                    raise ValueError(msg)
        except _BROKEN as error:
            raise self._damaged(key, error) from error
        return data

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
                header, offset = _read_header(file)
        except _BROKEN as error:
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


def npy_header(path: Path) -> ArrayHeader:
    """Return what a single NPY file says about its array.

    Raises:
        FormatError: It is not there, not an NPY file, cut off, or holds objects.
    """
    with open_file(path) as file:
        return _npy_header(file, path)


def read_npy(path: Path, *, limit: int | None = None) -> npt.NDArray[np.generic]:
    """Return the array of a single NPY file.

    Args:
        path: The file.
        limit: Bytes that it may have; None allows most of the free memory.

    Raises:
        FormatError: It is not there, not an NPY file, cut off, or holds objects.
        SceneError: It would not fit into memory.
    """
    with open_file(path) as file:
        header = _npy_header(file, path)
        require_memory(str(path), header.nbytes, limit=limit)
        try:
            return _read_data(file, header)
        except _BROKEN as error:
            raise _no_npy(path, error) from error


def _npy_header(file: BinaryIO, path: Path) -> ArrayHeader:
    """Read the header of an NPY file that has as many bytes behind it as it says."""
    try:
        header, _ = _read_header(file)
        if header.dtype.hasobject:
            msg = "pickled Python objects are never read"
            raise ValueError(msg)
        stored = os.fstat(file.fileno()).st_size - file.tell()
        if header.nbytes > stored:
            msg = f"{header.nbytes} bytes should follow, {stored} do"
            raise ValueError(msg)
    except _BROKEN as error:
        raise _no_npy(path, error) from error
    return header


def _no_npy(path: Path, error: BaseException) -> FormatError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    msg = f"{path} is no readable NPY file ({reason}): expected a plain numeric array"
    return FormatError(msg)


def _open_zip(file: BinaryIO, path: Path) -> zipfile.ZipFile:
    """Open a zip archive."""
    try:
        start = file.read(4)
        if not start.startswith(b"PK"):
            what = "is empty" if not start else f"starts with {start!r}"
            msg = f"{path} is not an NPZ file: expected a zip archive, but it {what}"
            raise FormatError(msg)
        return zipfile.ZipFile(file)
    except _BROKEN as error:
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


def _read_header(file: IO[bytes]) -> tuple[ArrayHeader, int]:
    """Return the header of an NPY stream and the bytes that it takes."""
    version = np.lib.format.read_magic(file)
    length_format = {(1, 0): "<H", (2, 0): "<I", (3, 0): "<I"}.get(version)
    if length_format is None:
        msg = f"NPY version {version} is not known"
        raise ValueError(msg)
    raw_length = file.read(struct.calcsize(length_format))
    (length,) = struct.unpack(length_format, raw_length)
    if length > _MAX_HEADER:
        msg = f"its header has {length} bytes"
        raise ValueError(msg)
    return _parse_header(file.read(length)), 8 + len(raw_length) + length


def _parse_header(raw: bytes) -> ArrayHeader:
    """Read the dictionary that describes an array; raises what the bytes provoke."""
    with warnings.catch_warnings():
        # Python warns of odd literals on the terminal.
        warnings.simplefilter("ignore", SyntaxWarning)
        fields = ast.literal_eval(raw.decode("utf-8").strip())
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        msg = "its header has the wrong fields"
        raise ValueError(msg)
    shape = fields["shape"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        msg = f"its shape is {shape!r}"
        raise ValueError(msg)
    if len(shape) > 8:
        msg = f"it has {len(shape)} dimensions"
        raise ValueError(msg)
    if not isinstance(fields["descr"], str):
        msg = f"it is a table of type {str(fields['descr'])[:80]}, not a plain array"
        raise ValueError(msg)
    dtype = np.dtype(fields["descr"])
    limit = _MAX_ITEM if shape else _MAX_TEXT
    if dtype.fields is not None or dtype.subdtype is not None or dtype.itemsize > limit:
        msg = f"its values are of type {dtype}"
        raise ValueError(msg)
    return ArrayHeader(shape, dtype, bool(fields["fortran_order"]))


def _read_data(file: IO[bytes], header: ArrayHeader) -> npt.NDArray[np.generic]:
    """Read the numbers of an array, straight into its memory."""
    shape = header.shape[::-1] if header.fortran_order else header.shape
    data: npt.NDArray[np.generic] = np.zeros(shape, dtype=header.dtype)
    if data.nbytes:
        buffer = data.reshape(-1).view(np.uint8).data
        done = 0
        while done < len(buffer):
            count = file.readinto(buffer[done : done + _CHUNK])  # type: ignore[attr-defined]
            if not count:
                msg = f"it ends after {done} of {len(buffer)} bytes"
                raise EOFError(msg)
            done += count
    if header.fortran_order:
        data = data.T
    return data.astype(header.dtype.newbyteorder("="), copy=False)
