"""Records: what happened to a project, and how folders of formats 1 to 3 kept it in files.

A file of records starts with a line that names it. Each record has a marker, a length, a running
number, a kind, its bytes and a checksum over all of these. A torn end is what a crash leaves and is
dropped; behind a damaged stretch reading goes on at the next sound record.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["MAGIC", "Record", "RecordKind", "Records", "parse_records"]

MAGIC = b"O3D Paint records 1\n"
_MARKER = b"\xabREC"
_HEAD = struct.Struct("<4sIIB")
_CHECK = struct.Struct("<I")
_MAX_BYTES = 1 << 30
# Bytes whose sums are taken in search of the next sound record, for one of the file: a file of
# nothing but beginnings would else take the square of its size.
_SEARCHED_PER_BYTE = 16


class RecordKind(IntEnum):
    """What a record says."""

    DO = 1
    """A step was done; the bytes are the packed step."""
    UNDO = 2
    """A step was undone; the bytes are the packed step itself."""
    REDO = 3
    """A step was redone; the bytes are the packed step."""
    SETTINGS = 4
    """Settings, hidden and locked classes; the bytes are JSON."""
    FUSED = 5
    """Which fused layer there is, and whether it shows; the bytes are JSON."""
    DONE = 6
    """A step that can be undone and was done elsewhere, as in a project that is written anew."""
    UNDONE = 7
    """A step that can be redone, of the same sort."""


@dataclass(frozen=True, slots=True)
class Record:
    """Something that happened to a project.

    Attributes:
        kind: What.
        data: Its bytes.
        frames: Photos whose masks changed; not stored.
        layer: Whether the cloud layer changed; not stored.
        accepted: Whether accepted predictions changed; not stored.
    """

    kind: RecordKind
    data: bytes = b""
    frames: frozenset[int] = frozenset()
    layer: bool = False
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """What a file of records holds.

    Attributes:
        records: The sound ones, in order.
        torn: Whether the end was cut off, as by a crash while writing.
        damaged: Whether anything before the end is lost: bad checksums or missing numbers.
    """

    records: tuple[Record, ...]
    torn: bool
    damaged: bool


def parse_records(raw: bytes) -> Records:
    """Read all sound records of a file."""
    if not raw.startswith(MAGIC):
        # A crash may cut even the first line; anything else is not ours or was damaged.
        cut = MAGIC.startswith(raw)
        return _scan(raw, 0, damaged=not cut) if not cut else Records((), torn=True, damaged=False)
    return _scan(raw, len(MAGIC), damaged=False)


def _scan(raw: bytes, position: int, *, damaged: bool) -> Records:
    records: list[Record] = []
    expected = 0
    torn = False
    left = _SEARCHED_PER_BYTE * len(raw)
    while position < len(raw):
        found = _record_at(raw, position)
        if found is not None:
            record, number, position = found
            damaged |= number != expected
            expected = number + 1
            records.append(record)
            continue
        resumed, left = _next_sound(raw, position + 1, left)
        if resumed is None:
            torn = _is_cut(raw[position:])
            damaged |= not torn
            break
        damaged, position = True, resumed
    return Records(tuple(records), torn=torn, damaged=damaged)


def _next_sound(raw: bytes, start: int, left: int) -> tuple[int | None, int]:
    """Return where the next sound record begins, and what is left of the bytes to look at.

    None is returned where no record begins, or none was found with so many bytes.
    """
    position = raw.find(_MARKER, start)
    while position >= 0 and left > 0:
        if _record_at(raw, position) is not None:
            return position, left
        left -= _looked_at(raw, position)
        position = raw.find(_MARKER, position + 1)
    return None, left


def _looked_at(raw: bytes, position: int) -> int:
    """Return how many bytes it took to see that no sound record begins here."""
    if position + _HEAD.size > len(raw):
        return _HEAD.size
    length = int(_HEAD.unpack_from(raw, position)[1])
    is_summed = length <= _MAX_BYTES and position + length <= len(raw)
    return _HEAD.size + (length if is_summed else 0)


def _is_cut(tail: bytes) -> bool:
    """Return whether a tail is the beginning of a record, as a crash while writing leaves it."""
    if len(tail) < _HEAD.size:
        return tail.startswith(_MARKER[: len(tail)])
    marker, length, _, _ = _HEAD.unpack_from(tail)
    return bool(marker == _MARKER and length > len(tail) - _HEAD.size - _CHECK.size)


def _record_at(raw: bytes, position: int) -> tuple[Record, int, int] | None:
    """Return the record at a position, its number and where it ends; None where none is sound."""
    start = position + _HEAD.size
    if start > len(raw):
        return None
    marker, length, number, kind = _HEAD.unpack_from(raw, position)
    end = start + length
    if marker != _MARKER or length > _MAX_BYTES or end + _CHECK.size > len(raw):
        return None
    (check,) = _CHECK.unpack_from(raw, end)
    if check != zlib.crc32(raw[start:end], zlib.crc32(raw[position:start])):
        return None
    if kind not in set(RecordKind):
        return None
    return Record(RecordKind(kind), raw[start:end]), number, end + _CHECK.size
