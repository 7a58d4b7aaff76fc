"""The records of a PLY: scalars as columns, lists passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.memory import require_memory

__all__ = [
    "SCALAR_TYPES",
    "Element",
    "Property",
    "read_binary",
    "read_text",
    "records_with_lists",
    "runs",
    "skip_binary",
]

SCALAR_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
"""NumPy's names of PLY's types, without byte order."""

Columns = dict[str, npt.NDArray[np.generic]]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Property:
    """A scalar of an element, or a list.

    Attributes:
        name: As the file has it.
        type: Of the scalar or the list's items, in NumPy's words.
        count_type: Of the list's length; None for a scalar.
    """

    name: str
    type: str
    count_type: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the scalar, or of an item."""
        return np.dtype(self.type).itemsize


@dataclass(slots=True)
class Element:
    """A kind of record: its name, how many there are, and what each holds in turn."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)

    def add(self, new: Property) -> None:
        """Append a property; of two of one name the first keeps it."""
        taken = {p.name for p in self.properties}
        name, number = new.name, 2
        while name in taken:
            name, number = f"{new.name}#{number}", number + 1
        self.properties.append(Property(name, new.type, new.count_type))

    @property
    def has_lists(self) -> bool:
        """Whether records differ in length."""
        return any(p.count_type for p in self.properties)

    @property
    def smallest(self) -> int:
        """Bytes of a record whose lists are empty."""
        return sum(np.dtype(p.count_type or p.type).itemsize for p in self.properties)


def read_binary(file: BinaryIO, element: Element, order: str, path: Path) -> Columns:
    """Read the scalars of an element from where the file stands.

    Args:
        file: The file, at the first record.
        element: What it declares.
        order: "<" or ">".
        path: Of the file, for messages.

    Raises:
        FormatError: The data end before.
        SceneError: They would not fit into memory.
    """
    if element.has_lists:
        data, starts, _ = records_with_lists(file, element, order, path)
        return _gathered(data, starts, element, order)
    dtype = np.dtype([(p.name, order + p.type) for p in element.properties])
    content = file.read(element.count * dtype.itemsize)
    if len(content) < element.count * dtype.itemsize:
        raise _cut_off(element, path)
    table = np.frombuffer(content, dtype=dtype) if dtype.itemsize else np.zeros(0, dtype)
    return {p.name: table[p.name] for p in element.properties}


def skip_binary(file: BinaryIO, element: Element, order: str, path: Path) -> None:
    """Move a file behind an element that nobody needs; arguments as of `read_binary`.

    Raises:
        FormatError: The data end before.
    """
    begin = file.tell()
    length = element.count * element.smallest
    if element.has_lists:
        length = records_with_lists(file, element, order, path)[2]
    if begin + length > os.fstat(file.fileno()).st_size:
        raise _cut_off(element, path)
    file.seek(begin + length)


def read_text(file: BinaryIO, element: Element, *, lines_before: int, path: Path) -> Columns:
    """Read the scalars of an element from the lines of a text.

    Args:
        file: The file, at the first line behind the header.
        element: What it declares.
        lines_before: Records of other elements, one a line.
        path: Of the file, for messages.

    Raises:
        FormatError: A line is not numbers, or there are too few.
    """
    filled = (line.decode("ascii", errors="replace") for line in file if line.strip())
    lines: Iterator[str] = islice(filled, lines_before, lines_before + element.count)
    if element.has_lists:
        lines = (_without_lists(line, element, path) for line in lines)
    scalars = [p for p in element.properties if not p.count_type]
    try:
        rows = np.loadtxt(lines, ndmin=2, dtype=np.float64)
    except (ValueError, UnicodeDecodeError) as error:
        msg = f"{path} has lines that are not {len(scalars)} numbers ({error})"
        raise FormatError(msg) from error
    if rows.shape != (element.count, len(scalars)):
        msg = f"{path} declares {element.count} points of {len(scalars)} values, found"
        raise FormatError(f"{msg} {rows.shape}: it is cut off")
    with np.errstate(invalid="ignore", over="ignore"):
        return {p.name: rows[:, i].astype(p.type) for i, p in enumerate(scalars)}


def _cut_off(element: Element, path: Path) -> FormatError:
    return FormatError(
        f"{path} declares {element.count} points but ends before: it is cut off"
        if element.name == "vertex"
        else f"{path} declares {element.count} {element.name} records but ends before: it is cut"
        " off"
    )


def records_with_lists(
    file: BinaryIO, element: Element, order: str, path: Path
) -> tuple[Bytes, npt.NDArray[np.int64], int]:
    """Return the bytes that follow, where runs of scalars lie in them, and the length of all."""
    # Loading numba takes a quarter of a second, which most files can do without.
    from o3d_paint.core.kernels.records import segment_starts

    rest = os.fstat(file.fileno()).st_size - file.tell()
    if element.count * element.smallest > rest:
        raise _cut_off(element, path)
    found = runs(element)
    lists = [p for p in element.properties if p.count_type]
    require_memory(str(path), rest + element.count * 8 * len(found))
    data = np.frombuffer(file.read(), dtype=np.uint8)
    starts = np.zeros((element.count, len(found)), dtype=np.int64)
    end = segment_starts(
        data,
        0,
        np.array([sum(p.size for p in run) for run in found], dtype=np.int64),
        np.array([np.dtype(p.count_type).itemsize for p in lists], dtype=np.int64),
        np.array([p.size for p in lists], dtype=np.int64),
        order == ">",
        starts,
    )
    if end < 0:
        raise _cut_off(element, path)
    return data, starts, int(end)


def runs(element: Element) -> list[list[Property]]:
    """Return the scalars before each list, and behind the last one."""
    found: list[list[Property]] = [[]]
    for each in element.properties:
        if each.count_type:
            found.append([])
        else:
            found[-1].append(each)
    return found


def _gathered(data: Bytes, starts: npt.NDArray[np.int64], element: Element, order: str) -> Columns:
    """Return the scalars, picked from where each record has them."""
    columns: Columns = {}
    for number, run in enumerate(runs(element)):
        offset = 0
        for each in run:
            places = starts[:, number, None] + np.arange(offset, offset + each.size)
            picked = np.ascontiguousarray(data[places])
            columns[each.name] = picked.view(order + each.type)[:, 0]
            offset += each.size
    return columns


def _without_lists(line: str, element: Element, path: Path) -> str:
    """Return the words of a text line that are scalars."""
    words, kept, at = line.split(), [], 0
    try:
        for each in element.properties:
            if each.count_type:
                at += 1 + int(words[at])
            else:
                kept.append(words[at])
                at += 1
    except (IndexError, ValueError) as error:
        msg = f"{path} has the line {line[:60]!r}, which is not what its header declares"
        raise FormatError(msg) from error
    return " ".join(kept)
