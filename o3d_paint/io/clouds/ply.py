"""PLY point clouds, text or binary of either byte order, with any scalar as label.

Source: G. Turk, "The PLY Polygon File Format". Types that other readers pass over (``ushort``) and
coordinates in doubles are kept; lists in vertices, as OpenMVS writes them, and elements before the
vertices are passed over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.columns import cloud_of
from o3d_paint.io.clouds.ply_elements import (
    SCALAR_TYPES,
    Element,
    Property,
    read_binary,
    read_text,
    skip_binary,
)
from o3d_paint.io.files import open_file
from o3d_paint.io.memory import require_memory

__all__ = ["matches", "read", "read_header"]

_FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_MAX_HEADER = 1 << 20
_MAX_PROPERTIES = 4096  # splats have 62, images of many bands some hundreds
_BYTES_PER_POINT = 64


def matches(start: bytes) -> bool:
    """Return whether a file starts like a PLY."""
    return start.removeprefix(b"\xef\xbb\xbf").startswith((b"ply\n", b"ply\r", b"ply "))


def read(path: Path) -> CloudFile:
    """Read the vertices of a PLY.

    Raises:
        FormatError: The header is malformed or the data are cut off.
        SceneError: It would not fit into memory.
    """
    with open_file(path) as file:
        order, elements, comments = read_header(file, path)
        names = [e.name for e in elements]
        if "vertex" not in names:
            msg = f"{path} has no vertices: found the elements {names[:4]}"
            raise FormatError(msg)
        position = names.index("vertex")
        vertices, before = elements[position], elements[:position]
        require_memory(str(path), vertices.count * _BYTES_PER_POINT)
        columns = _columns(file, order, vertices, before=before, path=path)
    cloud = cloud_of(columns, path, names=_class_names(comments))
    others = [p.name for p in vertices.properties if p.count_type]
    others += [f"{e.count:,} {e.name} elements" for e in elements if e.name != "vertex" and e.count]
    return cloud.with_others(others)


def _columns(
    file: BinaryIO, order: str, vertices: Element, *, before: list[Element], path: Path
) -> dict[str, npt.NDArray[np.generic]]:
    """Return the scalars of the vertices by name."""
    if not order:
        return read_text(file, vertices, lines_before=sum(e.count for e in before), path=path)
    for element in before:
        skip_binary(file, element, order, path)
    return read_binary(file, vertices, order, path)


def read_header(file: BinaryIO, path: Path) -> tuple[str, list[Element], list[str]]:
    """Return the byte order ("" is text), the elements in turn, and the comments.

    Raises:
        FormatError: The header is malformed.
    """
    order, comments = None, []
    elements: list[Element] = []
    while True:
        line = file.readline(_MAX_HEADER)
        words = line.decode("utf-8-sig", errors="replace").split()
        if not line.endswith(b"\n") or file.tell() > _MAX_HEADER:
            msg = f"{path} has a header without {'end_header'!r}: it is cut off"
            raise FormatError(msg)
        if not words or words[0] in ("ply", "obj_info"):
            continue
        if words[0] == "end_header":
            break
        try:
            if words[0] == "comment":
                comments.append(line.decode("utf-8", errors="replace").strip()[8:])
            elif words[0] == "format":
                order = _FORMATS[words[1]]
            elif words[0] == "element":
                elements.append(Element(words[1], int(words[2])))
            elif words[0] == "property":
                elements[-1].add(_property(words))
        except (IndexError, KeyError, ValueError) as error:
            msg = f"{path} has the header line {line[:80]!r}, which is not PLY"
            raise FormatError(msg) from error
        if elements and len(elements[-1].properties) > _MAX_PROPERTIES:
            name = elements[-1].name
            msg = f"{path} declares more than {_MAX_PROPERTIES:,} properties of {name}"
            raise FormatError(msg)
    if order is None or any(e.count < 0 for e in elements):
        found = [(e.name, e.count) for e in elements[:4]]
        msg = f"{path} must have a format first, then elements with their counts, found {found}"
        raise FormatError(msg)
    return order, elements, comments


def _property(words: list[str]) -> Property:
    if words[1] == "list":
        return Property(words[4], SCALAR_TYPES[words[3]], SCALAR_TYPES[words[2]])
    return Property(words[2], SCALAR_TYPES[words[1]])


def _class_names(comments: list[str]) -> dict[int, str]:
    """Return the class table of a PLY that this program wrote: ``class ID r g b "NAME"``."""
    names = {}
    for comment in comments:
        words = comment.split(maxsplit=5)
        if len(words) == 6 and words[0] == "class" and words[1].isdecimal():
            try:
                names[int(words[1])] = str(json.loads(words[5]))
            except ValueError:
                # A comment is free text; one that only looks like a class table is no error.
                continue
    return names
