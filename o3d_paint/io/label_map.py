"""CVAT's label map: lines ``name:r,g,b:parts:actions``.

Datumaro leaves all colours out where they are those of Pascal VOC's palette, in the order of the
lines. Classes are numbered in their order too; "background" is unlabelled and has no number.
"""

from __future__ import annotations

from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.class_entry import ClassEntry
from o3d_paint.io.voc_palette import voc_color

__all__ = ["is_label_map", "parse_label_map"]


def is_label_map(text: str) -> bool:
    """Return whether text looks like a label map: a name and two more fields on each line."""
    lines = _lines(text)
    return bool(lines) and all(len(fields) > 2 for _, fields in lines)


def parse_label_map(text: str, where: str) -> list[ClassEntry]:
    """Return the classes; the background with number 0.

    Raises:
        FormatError: A line is not ``name:r,g,b:...`` though others are, or a colour is used twice.
    """
    lines = _lines(text)
    has_colors = any(len(fields) < 2 or fields[1] for _, fields in lines)
    entries: list[ClassEntry] = []
    used: set[tuple[int, int, int]] = set()
    following = 1
    for position, (number, fields) in enumerate(lines):
        color = _color(fields, f"line {number} of {where}") if has_colors else voc_color(position)
        if color in used or not all(0 <= v <= 255 for v in color):
            msg = f"line {number} of {where} has the colour {color}, used before or out of range"
            raise FormatError(msg)
        if fields[0].casefold() == "background":
            entries.append(ClassEntry(0, fields[0], color))
        elif following <= MAX_CLASS_ID:
            entries.append(ClassEntry(following, fields[0], color))
            following += 1
        used.add(color)
    return entries


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Return the fields of each line that is no comment, with the line's number."""
    return [
        (number, line.strip().split(":"))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#")
    ]


def _color(fields: list[str], where: str) -> tuple[int, int, int]:
    try:
        r, g, b = (int(v) for v in fields[1].split(","))
    except (IndexError, ValueError) as error:
        found = ":".join(fields)[:60]
        msg = f"{where} must be name:r,g,b:parts:actions, found {found!r}"
        raise FormatError(msg) from error
    return r, g, b
