"""Vertices of a PLY whose records differ in length, as OpenMVS writes them, with labels behind."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.io.clouds.ply_elements import Element, records_with_lists, runs
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.exporters.rewriters.label_columns import LabelColumns, colored

__all__ = ["rewritten_lists", "scalar_places"]

Places = npt.NDArray[np.int64]


def rewritten_lists(
    file: BinaryIO,
    element: Element,
    order: str,
    labelled: LabelledScene,
    columns: LabelColumns,
    path: Path,
) -> bytes:
    """Return the records that are written, and move the file behind all of them.

    Args:
        file: At the first record.
        element: The vertices.
        order: "<" or ">".
        labelled: Which rows are written.
        columns: What is written into and behind them; types of columns stay.
        path: Of the file, for messages.
    """
    begin = file.tell()
    found, starts, length = records_with_lists(file, element, order, path)
    file.seek(begin + length)
    data = found[:length].copy()
    rows = np.arange(element.count) if labelled.file_rows is None else labelled.file_rows
    values = dict(columns.replaced)
    kinds = {p.name: np.dtype(order + p.type) for p in element.properties}
    if columns.painted is not None:
        channels, scale = columns.painted
        for i, name in enumerate(channels):
            values[name] = colored(columns.rgb[:, i], kinds[name], scale)
    for name, column in values.items():
        places = scalar_places(element, starts, name)[rows]
        kind = kinds[name]
        written = np.ascontiguousarray(column.astype(kind)).view(np.uint8).reshape(len(rows), -1)
        data[places[:, None] + np.arange(kind.itemsize)] = written
    tail = np.zeros(
        len(rows), dtype=[(n, order + v.dtype.str[1:]) for n, v in columns.added.items()]
    )
    for name, column in columns.added.items():
        tail[name] = column
    ends = np.append(starts[1:, 0], length)
    return _with_tails(data, starts[:, 0][rows], ends[rows], tail)


def scalar_places(element: Element, starts: Places, name: str) -> Places:
    """Return (N,) where each record has a scalar."""
    for number, run in enumerate(runs(element)):
        offset = 0
        for each in run:
            if each.name == name:
                return starts[:, number] + offset
            offset += each.size
    raise KeyError(name)


def _with_tails(
    data: npt.NDArray[np.uint8], begins: Places, ends: Places, tail: npt.NDArray[np.void]
) -> bytes:
    """Return records one behind the other, each with its tail."""
    size = tail.dtype.itemsize
    lengths = ends - begins + size
    behind = np.cumsum(lengths)
    out = np.zeros(int(behind[-1]) if len(behind) else 0, dtype=np.uint8)
    is_tail = np.zeros(len(out), dtype=bool)
    places = (behind - size)[:, None] + np.arange(size)
    out[places] = tail.view(np.uint8).reshape(len(tail), size)
    is_tail[places] = True
    marks = np.zeros(len(data) + 1, dtype=np.int32)
    np.add.at(marks, begins, 1)
    np.add.at(marks, ends, -1)
    out[~is_tail] = data[np.cumsum(marks[:-1]) > 0]
    return out.tobytes()
