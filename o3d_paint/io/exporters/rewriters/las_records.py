"""The variable length records of a LAS, byte for byte, and those that this program writes.

Source: ASPRS LAS specification 1.4 R15, tables 3, 24 and 26. laspy understands some records and
writes them anew, which changes bytes that nobody asked it to change.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

__all__ = [
    "EXTRA_BYTES",
    "LOOKUP",
    "Record",
    "RecordsBehind",
    "described",
    "keep_waveforms",
    "lookup",
    "read_records",
]

EXTRA_BYTES = ("LASF_Spec", 4)
LOOKUP = ("LASF_Spec", 0)

_BEFORE = struct.Struct("<2x16sHH32s")
_BEHIND = struct.Struct("<2x16sHQ32s")
_PLACES = struct.Struct("<94xHII")
_EXTENDED_PLACES = struct.Struct("<235xQI")
_DESCRIPTOR = 192
_DIMENSION = struct.Struct("<2xBB32s4x120x32s")
_WAVEFORMS = ("LASF_Spec", 65_535)
_WAVEFORMS_AT = 227
_COPIED = 1 << 24
_CODES = 256
_UNDESCRIBED = 7
_LONGEST_NAME = 15
_TYPES = {"u1": 1, "u2": 3, "f4": 9}


@dataclass(frozen=True, slots=True)
class Record:
    """A variable length record: whose it is, its number, what it is called, and its content."""

    user: str
    number: int
    title: bytes
    data: bytes

    @property
    def key(self) -> tuple[str, int]:
        """What it is told from others by."""
        return self.user, self.number


class RecordsBehind(list[Record]):
    """Records behind the points, as laspy's writer takes them; it would refuse letters like é."""

    def write_to(self, file: BinaryIO, *, as_extended: bool) -> None:
        """Write them; laspy's writer asks for this."""
        layout = _BEHIND if as_extended else _BEFORE
        for each in self:
            size = len(each.data)
            file.write(layout.pack(each.user.encode(), each.number, size, each.title) + each.data)


def read_records(file: BinaryIO) -> tuple[list[Record], list[Record]]:
    """Return the records before the points and those behind them; the file's counts are sound."""
    file.seek(0)
    start = file.read(_EXTENDED_PLACES.size)
    first, _, count = _PLACES.unpack_from(start)
    before = _records(file, first, count, _BEFORE)
    if start[24:26] < b"\x01\x04" or len(start) < _EXTENDED_PLACES.size:
        return before, []
    first, count = _EXTENDED_PLACES.unpack_from(start)
    return before, _records(file, first, count, _BEHIND)


def keep_waveforms(
    file: BinaryIO, out: BinaryIO, *, old_at: int, behind: Sequence[Record], behind_at: int
) -> None:
    """Note where waveforms within a file are now; before LAS 1.4 they are no record yet: copy them.

    Args:
        file: The old file.
        out: The new one, which is complete but for that.
        old_at: Where the old one has its waveforms.
        behind: Records behind the points.
        behind_at: Where the first of those is now.
    """
    sizes = [_BEHIND.size + len(r.data) for r in behind]
    place = next((i for i, r in enumerate(behind) if r.key == _WAVEFORMS), None)
    if place is not None:
        at = behind_at + sum(sizes[:place])
    else:
        at = out.seek(0, os.SEEK_END)
        file.seek(old_at)
        start = file.read(_BEHIND.size)
        out.write(start)
        rest = _BEHIND.unpack(start)[2]
        while rest and (part := file.read(min(rest, _COPIED))):
            out.write(part)
            rest -= len(part)
    out.seek(_WAVEFORMS_AT)
    out.write(struct.pack("<Q", at))


def _records(file: BinaryIO, first: int, count: int, layout: struct.Struct) -> list[Record]:
    file.seek(first)
    found = []
    for _ in range(count):
        user, number, length, title = layout.unpack(file.read(layout.size))
        name = user.split(b"\0")[0].decode("ascii", errors="replace")
        found.append(Record(name, number, title.rstrip(b"\0"), file.read(length)))
    return found


def lookup(names: Mapping[int, str], old: bytes = b"") -> Record:
    """Return the Classification Lookup: 256 codes with names of 15 bytes, longer ones cut.

    Args:
        names: By code.
        old: Content of the file's own, whose other names stay.
    """
    slots = [bytes(_LONGEST_NAME)] * _CODES
    for code, name in struct.iter_unpack("<B15s", old[: len(old) // 16 * 16]):
        slots[code] = name
    for code, text in names.items():
        # Not within a character.
        cut = text.encode()[:_LONGEST_NAME].decode(errors="ignore").encode()
        slots[code] = cut.ljust(_LONGEST_NAME, b"\0")
    data = b"".join(struct.pack("<B15s", code, name) for code, name in enumerate(slots))
    return Record(*LOOKUP, b"Classification Lookup", data)


def described(
    old: bytes, kept: Sequence[int], added: Sequence[tuple[str, str, str]], *, undescribed: int = 0
) -> Record:
    """Return the record that describes extra dimensions.

    Args:
        old: Content of the file's own.
        kept: Which of its dimensions stay.
        added: Name, NumPy type and description of each that follows.
        undescribed: Extra bytes of each point that the file says nothing about; they go between.
    """
    parts = [old[i * _DESCRIPTOR : (i + 1) * _DESCRIPTOR] for i in kept]
    for first in range(0, undescribed, _UNDESCRIBED):
        # Type 0 has the count of its bytes where others have options, which laspy takes it for.
        size, title = min(_UNDESCRIBED, undescribed - first), f"ExtraBytes {first}"
        parts.append(_DIMENSION.pack(0, size, title.encode(), b"not described"))
    for name, kind, about in added:
        parts.append(_DIMENSION.pack(_TYPES[kind], 0, name.encode(), about.encode()))
    return Record(*EXTRA_BYTES, b"Extra Bytes Record", b"".join(parts))
