"""PLY once more: every property, element and comment as it was, with labels behind.

Text stays text, and either byte order stays as it is. Where only a part of the vertices is
written, faces and edges are renumbered, and those that lack a vertex are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.ply import read_header
from o3d_paint.io.clouds.ply_elements import Element, skip_binary
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.rewriters.label_columns import (
    LabelColumns,
    colored,
    fits,
    label_columns,
)
from o3d_paint.io.exporters.rewriters.ply_faces import kept_faces, kept_text_faces
from o3d_paint.io.exporters.rewriters.ply_lists import rewritten_lists
from o3d_paint.io.exporters.rewriters.rows import pieces, renumbering
from o3d_paint.io.files import open_file
from o3d_paint.io.origin import require_unchanged
from o3d_paint.io.store import replacing

__all__ = ["rewrite_ply"]

_BLOCK = 1 << 18
_COPIED = 1 << 24
_NAMES = {"u1": "uchar", "i4": "int", "f4": "float"}
_WIDER = "i4"


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What of a file is written, and how."""

    labelled: LabelledScene
    columns: LabelColumns
    elements: list[Element]
    order: str
    path: Path

    @property
    def vertex(self) -> Element:
        """The vertices as the file has them."""
        return next(e for e in self.elements if e.name == "vertex")

    @property
    def widened(self) -> set[str]:
        """Columns whose type cannot hold the labels that come into them."""
        kinds = {p.name: np.dtype(p.type) for p in self.vertex.properties}
        return {n for n, v in self.columns.replaced.items() if not fits(v, kinds[n])}


def rewrite_ply(labelled: LabelledScene, path: Path, options: ExportOptions) -> list[str]:
    """Write the cloud's PLY with labels.

    Returns:
        What is called otherwise or left out, one sentence each.

    Raises:
        FormatError: The column of labels cannot hold these.
        StorageError: The file cannot be written, or the cloud's has changed.
    """
    assert labelled.scene.origin is not None
    source = require_unchanged(labelled.scene.origin)
    with open_file(source) as file:
        order, elements, _ = read_header(file, source)
        end = file.tell()
        file.seek(0)
        lines = file.read(end).splitlines(keepends=True)
        names = [p.name for e in elements if e.name == "vertex" for p in e.properties]
        plan = _Plan(labelled, label_columns(labelled, names, options), elements, order, source)
        with replacing(path, inputs=options.inputs) as out:
            counts = _write_body(plan, file, out, lines)
    return [*plan.columns.notes, *counts]


def _write_body(plan: _Plan, file: BinaryIO, out: BinaryIO, lines: list[bytes]) -> list[str]:
    """Write header and elements; the counts of a part are known once its elements are."""
    rows = plan.labelled.file_rows
    if rows is None:
        out.write(_header(plan, lines, {}))
    notes = []
    parts: list[bytes] = []
    counts: dict[str, int] = {}
    texts = iter(line for line in file if line.strip()) if not plan.order else iter(())
    for element in plan.elements:
        if element.name == "vertex":
            pieces_of = _text_vertices(plan, texts) if not plan.order else _vertices(plan, file)
            counts["vertex"] = len(plan.labelled.labels)
        elif rows is None:
            pieces_of = _copied(plan, element, file, texts)
        else:
            numbers = renumbering(rows, plan.vertex.count)
            if plan.order:
                kept = kept_faces(file, element, plan.order, numbers, plan.path)
            else:
                kept = kept_text_faces(list(islice(texts, element.count)), element, numbers)
            counts[element.name], pieces_of = kept[0], iter([kept[1]])
            if kept[0] < element.count:
                notes.append(
                    f"{element.count - kept[0]:,} of {element.count:,} {element.name} elements lack"
                    " a vertex that is written, and are left out."
                )
        if rows is None:
            out.writelines(pieces_of)
        else:
            parts += pieces_of
    if rows is not None:
        out.write(_header(plan, lines, counts))
        out.writelines(parts)
    return notes


def _copied(
    plan: _Plan, element: Element, file: BinaryIO, texts: Iterator[bytes]
) -> Iterator[bytes]:
    """Yield an element as it is."""
    if not plan.order:
        yield from islice(texts, element.count)
        return
    start = file.tell()
    skip_binary(file, element, plan.order, plan.path)
    rest = file.tell() - start
    file.seek(start)
    while rest:
        part = file.read(min(_COPIED, rest))
        rest -= len(part)
        yield part


def _vertices(plan: _Plan, file: BinaryIO) -> Iterator[bytes]:
    """Yield the records of the vertices that are written."""
    element, columns = plan.vertex, plan.columns
    if element.has_lists:
        if plan.widened:
            msg = f"{plan.path}: its {', '.join(plan.widened)} cannot hold these class numbers"
            raise FormatError(f"{msg}: write another format, such as .pcd")
        yield rewritten_lists(file, element, plan.order, plan.labelled, columns, plan.path)
        return
    kinds = {p.name: np.dtype(plan.order + p.type) for p in element.properties}
    old_type = np.dtype(list(kinds.items()))
    new = {n: np.dtype(plan.order + _WIDER) if n in plan.widened else k for n, k in kinds.items()}
    new |= {n: np.dtype(plan.order + v.dtype.str[1:]) for n, v in columns.added.items()}
    new_type = np.dtype(list(new.items()))
    for start in range(0, element.count, _BLOCK):
        count = min(_BLOCK, element.count - start)
        old = np.frombuffer(file.read(count * old_type.itemsize), dtype=old_type)
        chosen, part = pieces(plan.labelled.file_rows, start, count)
        block = np.zeros(part.stop - part.start, dtype=new_type)
        for name in kinds:
            if name not in columns.replaced:
                block[name] = old[name][chosen]
        for name, values in {**columns.replaced, **columns.added}.items():
            block[name] = values[part]
        if columns.painted is not None:
            channels, scale = columns.painted
            for i, name in enumerate(channels):
                block[name] = colored(columns.rgb[part, i], kinds[name], scale)
        yield block.tobytes()


def _text_vertices(plan: _Plan, texts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines of the vertices that are written."""
    element, columns = plan.vertex, plan.columns
    numbers = renumbering(plan.labelled.file_rows, element.count)
    for row, line in enumerate(islice(texts, element.count)):
        number = int(numbers[row])
        if number < 0:
            continue
        words, ending = line.split(), line[len(line.rstrip()) :]
        at = 0
        for each in element.properties:
            if each.count_type:
                at += 1 + int(words[at])
                continue
            if each.name in columns.replaced:
                words[at] = _word(columns.replaced[each.name][number])
            elif columns.painted is not None and each.name in columns.painted[0]:
                channel = columns.painted[0].index(each.name)
                value = columns.rgb[number : number + 1, channel]
                words[at] = _word(colored(value, np.dtype(each.type), columns.painted[1])[0])
            at += 1
        words[at:] = [_word(values[number]) for values in columns.added.values()]
        yield b" ".join(words) + ending


def _word(value: np.generic) -> bytes:
    return f"{float(value):.9g}".encode()


def _header(plan: _Plan, lines: list[bytes], counts: dict[str, int]) -> bytes:
    """Return the header with the new properties, and counts where they differ."""
    ending = b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
    classes = [
        f"comment class {c.class_id} {c.color[0]} {c.color[1]} {c.color[2]} {json.dumps(c.name)}"
        for c in plan.labelled.taxonomy
    ]
    added = [f"property {_NAMES[v.dtype.str[1:]]} {n}" for n, v in plan.columns.added.items()]
    new: list[bytes] = []
    name = ""
    for line in lines:
        words = line.decode("utf-8-sig", errors="replace").split()
        first = words[0] if words else ""
        if first in ("element", "end_header"):
            if name == "vertex":
                new += [a.encode() + ending for a in added]
            if classes:
                new += [c.encode("ascii") + ending for c in classes]
                classes = []
            name = words[1] if first == "element" else ""
            if name in counts:
                line = f"element {name} {counts[name]}".encode() + ending
        elif words[:2] == ["comment", "class"] and len(words) > 6:
            # Classes of an earlier export; these are written anew.
            continue
        elif first == "property" and name == "vertex" and words[-1] in plan.widened:
            line = f"property int {words[-1]}".encode() + ending
        new.append(line)
    return b"".join(new)
