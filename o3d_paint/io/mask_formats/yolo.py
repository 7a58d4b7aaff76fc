"""YOLO segmentation: ``labels/…/PHOTO.txt`` with outlines, and ``data.yaml`` with names.

Source: the page on segmentation data sets of the Ultralytics documentation. A line is the number of
a class, from 0, and the corners of its outline divided by the size of the photo. A line of a class
and four numbers is a box of a detector, no outline.
"""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.class_file import parse_class_file
from o3d_paint.io.findings import Findings
from o3d_paint.io.mask_formats.files import FolderFiles, MaskFiles, suffix_of
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.regions import Outline, painted_outlines
from o3d_paint.io.xml_file import numbers_of

__all__ = ["matches", "read"]

_TABLES = ("data.yaml", "data.yml", "dataset.yaml", "coco.yaml")
_LISTS = ("classes.txt", "obj.names", "labels.txt")
_LOOKED_AT = 5
_BOX = 5
_SLACK = 0.05  # by which corners may lie beyond the photo
_UNKNOWN = (1080, 1440)
"""Size of a mask whose photo is not known; a photo's own size replaces it."""


def matches(files: MaskFiles) -> bool:
    """Return whether files are labels of YOLO: text that is nothing but such lines."""
    names = _labels(files)
    looked_at = [files.read(n).read().decode("utf-8", errors="replace") for n in names[:_LOOKED_AT]]
    texts = [t for t in looked_at if t.strip()]
    return bool(texts) and all(_is_label(text) for text in texts)


def _labels(files: MaskFiles) -> list[str]:
    """Return the label files: those below a folder called labels, or all text files."""
    texts = [n for n in files.names if suffix_of(n) == ".txt"]
    texts = [n for n in texts if PurePosixPath(n).name not in (*_LISTS, "train.txt", "val.txt")]
    inside = [n for n in texts if "labels" in PurePosixPath(n.casefold()).parts[:-1]]
    return inside or [n for n in texts if "readme" not in n.casefold()]


def _is_label(text: str) -> bool:
    rows = [numbers_of(line) for line in text.splitlines() if line.strip()]
    return all(r is not None and len(r) >= _BOX and float(r[0]).is_integer() for r in rows) and all(
        -_SLACK <= v <= 1 + _SLACK for r in rows if r for v in r[1:]
    )


def read(files: MaskFiles) -> MaskSet:
    """Read a data set, or its labels alone.

    Raises:
        FormatError: The list of names is malformed, or no line is an outline.
    """
    findings = Findings()
    names = _names(files)
    masks, outlines = [], 0
    for name in _labels(files):
        where = str(files.where(name))
        text = files.read(name).read().decode("utf-8", errors="replace")
        found = _outlines(text, where, findings)
        outlines += len(found)
        paint = partial(_painted, found, findings)
        masks.append(
            PhotoMask(
                PurePosixPath(name).stem, partial(paint, _UNKNOWN), file=name, read_at_size=paint
            )
        )
    if not outlines:
        reasons = " ".join(findings.sentences())
        msg = f"{files.root} has no outline of YOLO that can be used. {reasons}".rstrip()
        raise FormatError(msg)
    named = {number + 1: name for number, name in names.items()}
    return MaskSet("YOLO", tuple(masks), named, shift=1, findings=findings)


def _names(files: MaskFiles) -> dict[int, str]:
    """Return names by number, from the data set's table or a list beside the labels.

    Raises:
        FormatError: The table is malformed.
    """
    by_name = {PurePosixPath(n).name: n for n in reversed(files.names)}
    chosen = next((by_name[n] for n in (*_TABLES, *_LISTS) if n in by_name), None)
    if chosen is not None:
        data, where = files.read(chosen).read(), str(files.where(chosen))
    elif isinstance(files, FolderFiles):
        above = [f / n for f in list(files.root.resolve().parents)[:2] for n in _TABLES]
        table = next((p for p in above if p.is_file()), None)
        if table is None:
            return {}
        data, where = FolderFiles(table.parent, [table.name]).read(table.name).read(), str(table)
    else:
        return {}
    entries = parse_class_file(data, where).entries
    return {i if e.number is None else e.number: e.name for i, e in enumerate(entries)}


def _outlines(text: str, where: str, findings: Findings) -> list[tuple[str, int, FloatArray]]:
    """Return where each outline stands, its id, and its (K, 2) corners from 0 to 1."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        at, values = f"line {number} of {where}", numbers_of(line)
        if values is None or not float(values[0]).is_integer() or not 0 <= values[0] < VOID - 1:
            findings.leave_out("line", "that is no outline", at)
        elif len(values) == _BOX:
            findings.leave_out("box", "which is no outline: export segmentation", at)
        elif len(values) % 2 == 0 or len(values) < _BOX + 2:
            findings.leave_out("line", "that is no outline", at)
        else:
            corners: FloatArray = np.array(values[1:]).reshape(-1, 2)
            found.append((at, int(values[0]) + 1, corners))
    return found


def _painted(
    outlines: list[tuple[str, int, FloatArray]], findings: Findings, size: tuple[int, int]
) -> IdArray:
    scaled: list[Outline] = [
        (at, label, [(corners * (size[1], size[0])).ravel().tolist()])
        for at, label, corners in outlines
    ]
    return painted_outlines(size, scaled, findings)
