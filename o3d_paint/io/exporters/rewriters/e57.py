"""E57 once more, by pye57: scans, poses, photos and every field of the points, with labels.

The standard (ASTM E2807) has no labels, but extensions: fields whose names have a prefix, which
readers that do not know it pass over. Each scan gets three of the prefix ``o3dpaint``.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from o3d_paint.io.class_list import class_list
from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.exporters.e57 import require_e57
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, class_colors
from o3d_paint.io.exporters.rewriters.rows import pieces
from o3d_paint.io.origin import require_unchanged
from o3d_paint.io.own_records import E57_CLASSES, E57_PREFIX, E57_URI
from o3d_paint.io.part_files import part_folder
from o3d_paint.io.store import move_into_place, refuse_overwriting

__all__ = ["rewrite_e57"]

_BLOCK = 1_000_000
_COLORS = ("colorRed", "colorGreen", "colorBlue")
_GROUPS = "pointGroupingSchemes"
_MOST_LABEL, _MOST_SOURCE = 65_535, 3
# pye57 takes C's long, which NumPy's int64 is on Linux, for 32 bits.
_INTEGER = np.dtype("longlong")
_NOT_KEPT = "text"


def rewrite_e57(labelled: LabelledScene, path: Path, options: ExportOptions) -> list[str]:
    """Write the cloud's E57 with labels.

    Returns:
        What is not kept, one sentence each.

    Raises:
        MissingExtraError: pye57 is not installed.
        StorageError: The file cannot be written, or the cloud's has changed.
    """
    pye57 = require_e57(path)
    assert labelled.scene.origin is not None
    source = require_unchanged(labelled.scene.origin)
    refuse_overwriting(path, options.inputs)
    try:
        # The library writes to names only, so the file is made beside and moved when it is whole.
        with part_folder(path.absolute().parent) as folder:
            made = folder / "cloud.e57"
            notes = _write(labelled, source, made, pye57, options)
            move_into_place(made, path, inputs=options.inputs)
    except OSError as error:
        raise unwritable(path, error) from error
    return notes


def _write(
    labelled: LabelledScene, source: Path, made: Path, pye57: ModuleType, options: ExportOptions
) -> list[str]:
    """Write the file.

    Raises:
        OSError: The disk is full.
    """
    from pye57.utils import copy_node, get_fields

    old = pye57.E57(str(source))
    new = pye57.libe57.ImageFile(str(made), "w")
    notes: list[str] = []
    try:
        for prefix, uri in _extensions(old.image_file):
            new.extensionsAdd(prefix, uri)
        root = new.root()
        for name in get_fields(old.root):
            if name not in ("data3D", E57_CLASSES):
                node, vectors, blobs = copy_node(old.root[name], new)
                root.set(name, node)
                _fill(old, new, vectors, blobs, pye57.libe57)
        classes = json.dumps(class_list(labelled.taxonomy))
        root.set(E57_CLASSES, pye57.libe57.StringNode(new, classes))
        scans = pye57.libe57.VectorNode(new, True)
        root.set("data3D", scans)
        start = 0
        for i in range(old.scan_count):
            scan = _Scan(old, new, old.get_header(i), start, pye57.libe57)
            notes += scan.write(scans, labelled, options)
            start += scan.count
        new.close()
    except pye57.libe57.E57Exception as error:
        # Else the library tries once more while the object is collected, and complains on the
        # terminal.
        new.cancel()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
    finally:
        old.close()
    return list(dict.fromkeys(notes))


def _extensions(image_file: Any) -> Iterator[tuple[str, str]]:
    """Yield prefix and name of each extension that is declared, and of this program's."""
    found = {
        image_file.extensionsPrefix(i): image_file.extensionsUri(i)
        for i in range(image_file.extensionsCount())
    }
    yield from {**found, E57_PREFIX: E57_URI}.items()


class _Scan:
    """A scan that is written once more.

    Args:
        old: The file that has it.
        new: The file that gets it.
        header: Of the scan.
        start: Row of the cloud at which its points begin.
        lib: libe57.
    """

    def __init__(self, old: Any, new: Any, header: Any, start: int, lib: Any) -> None:
        self._old, self._new, self._header, self._start, self._lib = old, new, header, start, lib
        self.count = int(header.point_count)

    def write(self, scans: Any, labelled: LabelledScene, options: ExportOptions) -> list[str]:
        """Append the scan with the rows that are written; return what is not kept."""
        from pye57.utils import copy_node, get_fields

        part = pieces(labelled.file_rows, self._start, self.count)[1]
        written = part.stop - part.start
        if not written:
            return []
        node, notes = self._lib.StructureNode(self._new), []
        scans.append(node)
        for name in get_fields(self._header.node):
            if name == _GROUPS and written < self.count:
                notes.append(f"Groups of points ({_GROUPS}) are not kept in a part of a scan.")
            elif name != "points":
                child, vectors, blobs = copy_node(self._header.node[name], self._new)
                node.set(name, child)
                _fill(self._old, self._new, vectors, blobs, self._lib)
        fields, prototype = self._prototype(labelled)
        lost = sorted({f for f in self._header.point_fields if not _is_ours(f)} - set(fields))
        if lost:
            notes.append(f"Fields of the points that hold {_NOT_KEPT} are not kept: {lost}.")
        if options.color_by == "label" and not {*_COLORS} <= set(fields):
            notes.append("A scan without colours stays without: --color-by has no effect on it.")
        points = self._lib.CompressedVectorNode(
            self._new, prototype, self._lib.VectorNode(self._new, True)
        )
        node.set("points", points)
        self._copy_points(points, fields, labelled, options)
        return notes

    def _prototype(self, labelled: LabelledScene) -> tuple[dict[str, np.dtype[Any]], Any]:
        """Return the type of each field that is kept, and the prototype of a point."""
        from pye57.utils import copy_node

        lib = self._lib
        old = lib.StructureNode(self._header.points.prototype())
        prototype, fields = lib.StructureNode(self._new), {}
        for name in self._header.point_fields:
            kind = _type_of(old[name], lib)
            if kind is not None and not _is_ours(name):
                fields[name] = kind
                prototype.set(name, copy_node(old[name], self._new)[0])
        label = lib.IntegerNode(self._new, 0, 0, _MOST_LABEL)
        prototype.set(f"{E57_PREFIX}:label", label)
        prototype.set(f"{E57_PREFIX}:source", lib.IntegerNode(self._new, 0, 0, _MOST_SOURCE))
        if labelled.confidence is not None:
            single = lib.FloatPrecision.E57_SINGLE
            prototype.set(f"{E57_PREFIX}:confidence", lib.FloatNode(self._new, 0, single, 0, 1))
        return fields, prototype

    def _copy_points(
        self,
        points: Any,
        fields: dict[str, np.dtype[Any]],
        labelled: LabelledScene,
        options: ExportOptions,
    ) -> None:
        """Copy the points that are written, in pieces."""
        size = min(_BLOCK, self.count)
        ours: dict[str, Any] = {"label": labelled.labels, "source": labelled.source}
        if labelled.confidence is not None:
            ours["confidence"] = labelled.confidence
        mine = {
            f"{E57_PREFIX}:{n}": np.zeros(size, "f4" if v.dtype.kind == "f" else _INTEGER)
            for n, v in ours.items()
        }
        source = {n: np.zeros(size, kind) for n, kind in fields.items()}
        target = {n: np.zeros(size, kind) for n, kind in fields.items()}
        reader = self._header.points.reader(_buffers(self._old.image_file, source, self._lib))
        writer = points.writer(_buffers(self._new, {**target, **mine}, self._lib))
        done = 0
        while done < self.count:
            count = reader.read()
            if not count:
                break
            chosen, part = pieces(labelled.file_rows, self._start + done, count)
            done += count
            written = part.stop - part.start
            for name, values in source.items():
                target[name][:written] = values[:count][chosen]
            for name, values in ours.items():
                mine[f"{E57_PREFIX}:{name}"][:written] = values[part]
            if options.color_by == "label" and {*_COLORS} <= set(fields):
                rgb = class_colors(labelled.labels[part], labelled.taxonomy)
                for i, name in enumerate(_COLORS):
                    target[name][:written] = self._color(rgb[:, i], name)
            if written:
                writer.write(written)
        writer.close()
        reader.close()

    def _color(self, values: np.ndarray, name: str) -> np.ndarray:
        """Return 8-bit values of a channel in the range of the field."""
        field = self._lib.StructureNode(self._header.points.prototype())[name]
        low, high = float(field.minimum()), float(field.maximum())
        scaled: np.ndarray = low + values / 255 * (high - low) if high - low < 1e6 else values
        return scaled


def _is_ours(name: str) -> bool:
    return name.startswith(f"{E57_PREFIX}:")


def _type_of(node: Any, lib: Any) -> np.dtype[Any] | None:
    """Return how a field is kept in memory without a loss; None for text."""
    if isinstance(node, (lib.IntegerNode, lib.ScaledIntegerNode)):
        # Scaled integers as they are stored.
        return _INTEGER
    if isinstance(node, lib.FloatNode):
        return np.dtype("f4" if node.precision() == lib.FloatPrecision.E57_SINGLE else "f8")
    return None


def _buffers(image_file: Any, arrays: dict[str, np.ndarray], lib: Any) -> Any:
    buffers = lib.VectorSourceDestBuffer()
    for name, values in arrays.items():
        buffers.append(lib.SourceDestBuffer(image_file, name, values, len(values), True, False))
    return buffers


def _fill(old: Any, new: Any, vectors: list[Any], blobs: list[Any], lib: Any) -> None:
    """Copy what nodes hold that are copied: tables and photos."""
    from pye57.utils import get_fields

    for pair in blobs:
        content = pair["in"].read_buffer()
        pair["out"].write(np.ascontiguousarray(content), 0, len(content))
    for pair in vectors:
        count = pair["in"].childCount()
        prototype = lib.StructureNode(pair["in"].prototype())
        kinds = {n: _type_of(prototype[n], lib) for n in get_fields(prototype)}
        arrays = {n: np.zeros(count, kind) for n, kind in kinds.items() if kind is not None}
        if count and len(arrays) == len(kinds):
            reader = pair["in"].reader(_buffers(old.image_file, arrays, lib))
            reader.read()
            reader.close()
            writer = pair["out"].writer(_buffers(new, arrays, lib))
            writer.write(count)
            writer.close()
