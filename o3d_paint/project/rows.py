"""The rows of a project's database: what they hold, written and read back without trust.

Every row has a sum over its values. A row that is damaged is told from one that is not there.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from o3d_paint.core.accepted import Accepted
from o3d_paint.core.arrays import IdArray
from o3d_paint.core.packed_masks import PackedMask
from o3d_paint.errors import FormatError, PaintError, TaxonomyError
from o3d_paint.io.json_file import parse_json
from o3d_paint.io.memory import require_memory
from o3d_paint.project.codec import pack_ids, unpack_ids
from o3d_paint.project.database import checksum
from o3d_paint.project.document import Document, document_from_json
from o3d_paint.project.inflated import Inflated
from o3d_paint.project.mask_file import PointLabels

__all__ = [
    "StoredEdit",
    "delete_edits",
    "mask_bytes",
    "put_document",
    "put_edit",
    "put_mask",
    "put_points",
    "read_document_row",
    "read_edits",
    "read_mask_row",
    "read_points_row",
]

_RUNS, _PIXELS = b"\0", b"\1"
_LENGTH = struct.Struct("<Q")
# The fastest level: what is left after the runs is small.
_LEVEL = 1
_MAX_SEQ = 1 << 62
_BYTES_PER_BYTE = 3  # the row, its step, and what of it stays as history
_BROKEN = (sqlite3.Error, ValueError, TypeError, struct.error, zlib.error, OverflowError)


@dataclass(frozen=True, slots=True)
class StoredEdit:
    """One row of what happened.

    Attributes:
        seq: Its number; later ones have larger numbers.
        kind: A `RecordKind`.
        data: The packed step, or JSON.
        step: The row whose data it is.
    """

    seq: int
    kind: int
    data: bytes
    step: int


def put_document(database: sqlite3.Connection, document: Document, seq: int) -> None:
    """Write the document as it is after an edit."""
    text = json.dumps(document.to_json(), ensure_ascii=False, separators=(",", ":"))
    data = text.encode("utf-8", "surrogatepass")
    row = (1, seq, data, checksum("document", seq, data))
    database.execute("REPLACE INTO document VALUES (?, ?, ?, ?)", row)


def read_document_row(database: sqlite3.Connection, where: str) -> tuple[Document, int]:
    """Return the document, and the number of the last edit that it knows.

    Raises:
        FormatError: It is damaged or missing.
        ProjectError: A newer version of the program wrote it.
    """
    row = _row(database, "SELECT seq, data, sum FROM document WHERE id = 1", (), f"{where}: what")
    if row is None:
        msg = f"{where} holds no project"
        raise FormatError(msg)
    seq, data, known = row
    if not _is(seq, int) or not _is(data, bytes) or known != checksum("document", seq, data):
        msg = f"{where}: classes and settings are damaged"
        raise FormatError(msg)
    try:
        return document_from_json(parse_json(data, where), where), seq
    except TaxonomyError as error:
        raise FormatError(str(error)) from error


def put_mask(
    database: sqlite3.Connection, photo: int, packed: tuple[bytes, PackedMask], seq: int
) -> None:
    """Write a mask as it is after an edit; ``packed`` is what `mask_bytes` gave, and the mask."""
    labels, mask = packed
    height, width = mask.shape
    known = checksum("mask", photo, seq, height, width, labels, None)
    row = (photo, seq, height, width, labels, None, known)
    database.execute("REPLACE INTO mask VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def mask_bytes(mask: PackedMask) -> bytes:
    """Return a mask as bytes; takes a while, and can be done beside the database."""
    if mask.compressed is not None:
        return _PIXELS + mask.compressed
    runs = mask.starts.astype("<u4").tobytes() + mask.values.astype("<u2").tobytes()
    return _RUNS + _LENGTH.pack(len(mask.starts)) + zlib.compress(runs, _LEVEL)


def read_mask_row(
    database: sqlite3.Connection, photo: int, shape: tuple[int, int] | None, where: str
) -> tuple[PackedMask, int] | None:
    """Return a mask and the number of the last edit that it knows; None where there is no row.

    Args:
        database: Of a project.
        photo: Its position in the document.
        shape: (H, W) that it must have, looked at before it is unpacked; None takes any.
        where: Names the mask in messages.

    Raises:
        FormatError: It is damaged, or of another shape.
    """
    sql = "SELECT seq, height, width, labels, objects, sum FROM mask WHERE photo = ?"
    row = _row(database, sql, (photo,), where)
    if row is None:
        return None
    seq, height, width, labels, objects, known = row
    is_sound = all(_is(v, int) for v in (seq, height, width)) and _is(labels, bytes)
    parts = (photo, seq, height, width, labels, objects)
    if not is_sound or known != checksum("mask", *parts):
        msg = f"{where} is damaged"
        raise FormatError(msg)
    if shape not in (None, (height, width)) or height <= 0 or width <= 0:
        assert shape is not None
        msg = f"{where} has {width}x{height} pixels: expected {shape[1]}x{shape[0]}"
        raise FormatError(msg)
    try:
        require_memory(where, 8 * height * width)
        return _unpacked_mask(labels, (height, width)), seq
    except (*_BROKEN, PaintError) as error:
        msg = f"{where} is damaged ({error})"
        raise FormatError(msg) from error


def _unpacked_mask(labels: bytes, shape: tuple[int, int]) -> PackedMask:
    size = shape[0] * shape[1]
    if labels[:1] == _PIXELS:
        inflated = Inflated(labels[1:])
        pixels = np.frombuffer(inflated.take(2 * size), dtype="<u2")
        inflated.require_end()
        return PackedMask.of(pixels.reshape(shape).astype(np.uint16))
    (count,) = _LENGTH.unpack_from(labels, 1)
    if labels[:1] != _RUNS or not 0 < count <= size:
        msg = f"{count} runs of {size} pixels"
        raise ValueError(msg)
    inflated = Inflated(labels[1 + _LENGTH.size :])
    starts = np.frombuffer(inflated.take(4 * count), dtype="<u4").astype(np.uint32)
    values = np.frombuffer(inflated.take(2 * count), dtype="<u2").astype(np.uint16)
    inflated.require_end()
    if starts[0] or starts[-1] >= size or (starts[1:] <= starts[:-1]).any():
        msg = "runs out of order"
        raise ValueError(msg)
    lengths = np.diff(starts, append=np.uint32(size))
    class_ids = np.unique(values)
    painted = int(lengths[values > 0].sum(dtype=np.int64))
    return PackedMask(shape, class_ids[class_ids > 0], painted, starts, values)


def put_points(database: sqlite3.Connection, labels: PointLabels, seq: int) -> None:
    """Write the labels of points as they are after an edit."""
    accepted = percents = None
    if len(labels.accepted):
        accepted = _packed(labels.accepted.labels)
        percents = _packed(labels.accepted.percents.astype(np.uint16))
    parts = (seq, len(labels.laid), _packed(labels.laid), accepted, percents, None)
    row = (1, *parts, checksum("points", *parts))
    database.execute("REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def read_points_row(database: sqlite3.Connection, where: str) -> tuple[PointLabels, int] | None:
    """Return the labels of points and the number of the last edit that they know; None without.

    Raises:
        FormatError: They are damaged.
    """
    sql = "SELECT seq, count, laid, accepted, percents, objects, sum FROM points WHERE id = 1"
    row = _row(database, sql, (), where)
    if row is None:
        return None
    *parts, known = row
    seq, count, laid, accepted, percents, _ = parts
    if not (_is(seq, int) and _is(count, int)) or known != checksum("points", *parts):
        msg = f"{where} are damaged"
        raise FormatError(msg)
    try:
        require_memory(where, 8 * count)
        found = Accepted(count)
        if accepted is not None:
            sure = np.minimum(_unpacked(percents, count), 100).astype(np.uint8)
            found = Accepted.of(_unpacked(accepted, count), sure)
        return PointLabels(_unpacked(laid, count), found), seq
    except (*_BROKEN, PaintError, AttributeError, IndexError) as error:
        msg = f"{where} are damaged ({error})"
        raise FormatError(msg) from error


def _packed(ids: IdArray) -> bytes:
    runs = pack_ids(ids)
    return _LENGTH.pack(len(runs)) + zlib.compress(runs, _LEVEL)


def _unpacked(data: bytes, count: int) -> IdArray:
    (size,) = _LENGTH.unpack_from(data)
    if size > 1 + 6 * count:  # runs of one id each
        msg = f"{size} bytes for {count} ids"
        raise ValueError(msg)
    inflated = Inflated(data[_LENGTH.size :])
    runs = inflated.take(size)
    inflated.require_end()
    return unpack_ids(runs, count)


def put_edit(
    database: sqlite3.Connection, seq: int, kind: int, data: bytes | None, step: int
) -> None:
    """Write what happened; ``data`` is None where the row ``step`` has it."""
    known = checksum("edit", seq, kind, step, data)
    database.execute(
        "INSERT INTO edit VALUES (?, ?, ?, 0, ?, ?)", (seq, int(kind), step, data, known)
    )


def delete_edits(database: sqlite3.Connection, until: int, kept: set[int]) -> None:
    """Forget edits up to one, but those that are kept and those that later ones have data from."""
    sql = "SELECT seq FROM edit WHERE seq <= ? AND seq NOT IN (SELECT step FROM edit WHERE seq > ?)"
    gone = [(seq,) for (seq,) in database.execute(sql, (until, until)) if seq not in kept]
    database.executemany("DELETE FROM edit WHERE seq = ?", gone)


def read_edits(database: sqlite3.Connection) -> tuple[list[StoredEdit], int]:
    """Return all sound edits in their order, and how many are damaged, as far as can be told.

    Raises:
        SceneError: They would not fit into memory.
    """
    found: dict[int, StoredEdit] = {}
    damaged = 0
    sizes = "SELECT seq, length(data) FROM edit WHERE seq > ? ORDER BY seq LIMIT ?"
    total = 0
    for row in _rows(database, sizes):
        total += row[1] if row is not None and isinstance(row[1], int) else 0
    require_memory("the steps of the project", _BYTES_PER_BYTE * total)
    sql = "SELECT seq, kind, step, data, sum FROM edit WHERE seq > ? ORDER BY seq LIMIT ?"
    for row in _rows(database, sql):
        if row is None:
            damaged += 1
            continue
        seq, kind, step, data, known = row
        whole = data
        if data is None and step in found:
            whole = found[step].data
        is_sound = _is(kind, int) and _is(step, int) and _is(whole, bytes)
        if not is_sound or known != checksum("edit", seq, kind, step, data):
            damaged += 1
            continue
        found[seq] = StoredEdit(seq, kind, whole, step)
    return list(found.values()), damaged


def _rows(database: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...] | None]:
    """Yield rows by ascending number; None once for each stretch that cannot be read."""
    last, stride = -1, 1
    while last < _MAX_SEQ:
        try:
            for row in database.execute(sql, (last, -1)):
                if not _is(row[0], int) or row[0] <= last:
                    # A tree that leads round in a circle would go on for ever.
                    yield None
                    return
                last, stride = row[0], 1
                yield row
        except sqlite3.Error:
            yield None
            last, stride = last + stride, 2 * stride
        else:
            return


def _row(
    database: sqlite3.Connection, sql: str, values: tuple[int, ...], where: str
) -> tuple[Any, ...] | None:
    try:
        row: tuple[Any, ...] | None = database.execute(sql, values).fetchone()
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        msg = f"{where} cannot be read ({error})"
        raise FormatError(msg) from error
    return row


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind)
