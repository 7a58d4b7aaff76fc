"""Faces and edges of a PLY of which only some vertices are written."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.io.clouds.ply_elements import Element, read_binary, records_with_lists, runs

__all__ = ["kept_faces", "kept_text_faces"]

Numbers = npt.NDArray[np.int64]
_LISTS = ("vertex_indices", "vertex_index")
_ENDS = ("vertex1", "vertex2")


def kept_faces(
    file: BinaryIO, element: Element, order: str, numbers: Numbers, path: Path
) -> tuple[int, bytes]:
    """Return how many records stay, and their bytes; the file is moved behind all of them.

    An element that does not speak of vertices stays as it is.

    Args:
        file: At the first record.
        element: Any but the vertices.
        order: "<" or ">".
        numbers: (V,) new number of each vertex, -1 where it is not written.
        path: Of the file, for messages.
    """
    if not element.has_lists:
        return _kept_edges(file, element, order, numbers, path)
    begin = file.tell()
    found, starts, length = records_with_lists(file, element, order, path)
    file.seek(begin + length)
    data = found[:length].copy()
    lists = [p for p in element.properties if p.count_type]
    which = next((i for i, p in enumerate(lists) if p.name in _LISTS), None)
    if which is None:
        return element.count, data.tobytes()
    each = lists[which]
    count_type, item = np.dtype(order + str(each.count_type)), np.dtype(order + each.type)
    at = starts[:, which] + sum(p.size for p in runs(element)[which])
    counts = _values(data, at, count_type)
    stays = np.ones(element.count, dtype=bool)
    for count in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == count)
        for i in range(int(count)):
            places = at[rows] + count_type.itemsize + i * item.itemsize
            new = _numbered(_values(data, places, item), numbers)
            stays[rows[new < 0]] = False
            written = np.maximum(new, 0).astype(item).view(np.uint8).reshape(len(rows), -1)
            data[places[:, None] + np.arange(item.itemsize)] = written
    ends = np.append(starts[1:, 0], length)
    kept = np.repeat(stays, ends - starts[:, 0])
    return int(stays.sum()), data[kept].tobytes()


def kept_text_faces(lines: list[bytes], element: Element, numbers: Numbers) -> tuple[int, bytes]:
    """Return how many lines of an element stay, and these; arguments as of `kept_faces`."""
    kept = []
    for line in lines:
        words, at, stays = line.split(), 0, True
        for each in element.properties:
            first, count = (at + 1, int(words[at])) if each.count_type else (at, 1)
            if (each.name in _LISTS and each.count_type) or each.name in _ENDS:
                old = np.array([int(w) for w in words[first : first + count]], dtype=np.int64)
                new = _numbered(old, numbers)
                stays &= bool((new >= 0).all())
                words[first : first + count] = [str(n).encode() for n in new.tolist()]
            at = first + count
        if stays:
            kept.append(b" ".join(words) + b"\n")
    return len(kept), b"".join(kept)


def _kept_edges(
    file: BinaryIO, element: Element, order: str, numbers: Numbers, path: Path
) -> tuple[int, bytes]:
    columns = read_binary(file, element, order, path)
    table = np.zeros(element.count, dtype=[(n, v.dtype) for n, v in columns.items()])
    stays = np.ones(element.count, dtype=bool)
    for name, values in columns.items():
        if name in _ENDS:
            new = _numbered(values.astype(np.int64), numbers)
            stays &= new >= 0
            table[name] = np.maximum(new, 0)
        else:
            table[name] = values
    return int(stays.sum()), table[stays].tobytes()


def _values(data: npt.NDArray[np.uint8], at: Numbers, kind: np.dtype[np.generic]) -> Numbers:
    """Return numbers that lie at places of bytes."""
    picked = np.ascontiguousarray(data[at[:, None] + np.arange(kind.itemsize)])
    return picked.view(kind)[:, 0].astype(np.int64)


def _numbered(old: Numbers, numbers: Numbers) -> Numbers:
    """Return the new numbers of vertices; -1 where one is not written or not there."""
    inside = (old >= 0) & (old < len(numbers))
    return np.where(inside, numbers[np.where(inside, old, 0)], -1)
