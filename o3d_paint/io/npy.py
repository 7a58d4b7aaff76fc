"""Arrays of NumPy, read without trust.

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
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = [
    "BROKEN",
    "ArrayHeader",
    "Layers",
    "npy_header",
    "open_npy",
    "read_data",
    "read_header",
    "read_npy",
]

_MAX_HEADER = 10_000
_MAX_ITEM = 1 << 16
_MAX_TEXT = 1 << 24  # of one value alone: the names of all classes
_CHUNK = 1 << 22
# What zipfile, zlib and NumPy's header parser raise on bytes that somebody else made up.
BROKEN = (
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


class Layers:
    """An array that is read a layer at a time, along its first axis."""

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[IO[bytes]]],
        header: ArrayHeader,
        offset: int,
        where: str,
    ) -> None:
        """Take a stream.

        Args:
            opened: Gives the stream for a moment; where it stands does not matter, but in archives
                layers are best asked for in order.
            header: Of the array, whose first axis does not run fastest.
            offset: Bytes before its numbers.
            where: Names it in messages.
        """
        self._opened, self._offset, self._where = opened, offset, where
        self.shape, self.dtype = header.shape, header.dtype
        self._layer = ArrayHeader(header.shape[1:], header.dtype, fortran_order=False)

    def __len__(self) -> int:
        """Return the number of layers."""
        return self.shape[0]

    def __getitem__(self, position: int) -> npt.NDArray[np.generic]:
        """Return a layer.

        Raises:
            FormatError: It is damaged or cut off.
            SceneError: It would not fit into memory.
        """
        require_memory(self._where, self._layer.nbytes)
        try:
            with self._opened() as file:
                file.seek(self._offset + position * self._layer.nbytes)
                return read_data(file, self._layer)
        except BROKEN as error:
            msg = f"layer {position} of {self._where} cannot be read ({error}): write it again"
            raise FormatError(msg) from error


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
        header, _ = _checked_header(file, path)
        require_memory(str(path), header.nbytes, limit=limit)
        try:
            return read_data(file, header)
        except BROKEN as error:
            raise _no_npy(path, error) from error


def open_npy(path: Path) -> Layers | npt.NDArray[np.generic]:
    """Return the array of a single NPY file, to be read a layer at a time where it has layers.

    Raises:
        FormatError: It is not there, not an NPY file, cut off, or holds objects.
        SceneError: It would not fit into memory.
    """
    with open_file(path) as file:
        header, offset = _checked_header(file, path)
    if len(header.shape) != 3 or header.fortran_order:
        return read_npy(path)
    return Layers(lambda: open_file(path), header, offset, str(path))


def npy_header(path: Path) -> ArrayHeader:
    """Return what a single NPY file says about its array.

    Raises:
        FormatError: It is not there, not an NPY file, cut off, or holds objects.
    """
    with open_file(path) as file:
        return _checked_header(file, path)[0]


def _checked_header(file: BinaryIO, path: Path) -> tuple[ArrayHeader, int]:
    """Return header and length of an NPY file, once the numbers that it announces are there."""
    try:
        header, offset = read_header(file)
        if header.dtype.hasobject:
            msg = "pickled Python objects are never read"
            raise ValueError(msg)
        stored = os.fstat(file.fileno()).st_size - offset
        if header.nbytes > stored:
            msg = f"{header.nbytes} bytes should follow, {stored} do"
            raise ValueError(msg)
    except BROKEN as error:
        raise _no_npy(path, error) from error
    return header, offset


def _no_npy(path: Path, error: BaseException) -> FormatError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    msg = f"{path} is no readable NPY file ({reason}): expected a plain numeric array"
    return FormatError(msg)


def read_header(file: IO[bytes]) -> tuple[ArrayHeader, int]:
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


def read_data(file: IO[bytes], header: ArrayHeader) -> npt.NDArray[np.generic]:
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
