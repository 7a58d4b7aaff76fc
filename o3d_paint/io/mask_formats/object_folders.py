"""Folders of pictures of single objects, as scripts around Segment Anything write them.

Per object: ``OBJECT/FRAME.png`` (SAM 2's ``--per_obj_png_file``). Per frame: ``FRAME/0.png``,
``FRAME/1.png`` … with ``metadata.csv`` (SAM's ``amg.py``), which have no classes; or
``FRAME/NAME.png``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.class_table import TABLE_NAMES
from o3d_paint.io.mask_formats.files import MaskFiles, parent_of, suffix_of
from o3d_paint.io.mask_formats.mask_set import Coverage, MaskSet, PhotoMask
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first

__all__ = ["matches", "read"]

_LOOKED_AT = 4
_TABLE = "metadata.csv"
_PHOTOS = ("images", "image", "photos", "rgb", "jpegimages", "img", "color")


def matches(files: MaskFiles) -> bool:
    """Return whether all pictures are of two values and lie in folders, several of the same names.

    Folders of masks of training and validation have other names each, and are no such folders.
    """
    if any(n.rpartition("/")[2] in TABLE_NAMES for n in files.names):
        return False
    folders = _folders(files)
    if len(folders) < 2 and not _has_table(files):
        return False
    if not _has_table(files):
        stems = [{PurePosixPath(n).stem for n in inside} for inside in folders.values()]
        if len(set.union(*stems)) >= sum(map(len, stems)):
            return False
    names = [inside[0] for inside in folders.values()][:_LOOKED_AT]
    are_numbered = all(f.rpartition("/")[2].isdigit() for f in folders)
    return bool(names) and all(_is_binary(files, n, are_numbered=are_numbered) for n in names)


def _has_table(files: MaskFiles) -> bool:
    return any(n.rpartition("/")[2] == _TABLE and "/" in n for n in files.names)


def _folders(files: MaskFiles) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in files.names:
        folder = parent_of(name)
        if suffix_of(name) == ".png" and folder.rpartition("/")[2].casefold() not in _PHOTOS:
            found[folder].append(name)
    # Pictures at the top are masks of photos.
    return {} if "" in found else dict(found)


def _is_binary(files: MaskFiles, name: str, *, are_numbered: bool) -> bool:
    """Return whether a picture is of one object: 255, or 1 where folders are numbers of objects.

    Small values elsewhere are numbers of classes.
    """
    try:
        values = set(np.unique(_pixels(files, name)).tolist())
    except FormatError:
        return True
    return values <= {0, 255} or (are_numbered and values <= {0, 1})


def _pixels(files: MaskFiles, name: str) -> IdArray:
    where = files.where(name)
    with open_image(where, files.read(name)) as image:
        pixels = pixels_of(image, where, mode=None if image.mode in ("L", "P") else "L")
    return pixels.astype(np.uint16)


def read(files: MaskFiles) -> MaskSet:
    """Read the folders.

    Raises:
        FormatError: A picture is damaged, when it is asked for.
    """
    folders = _folders(files)
    findings = Findings()
    if _has_table(files):
        masks = [
            PhotoMask(
                folder.rpartition("/")[2],
                partial(_numbered, files, inside, findings),
                partial(_regions, files, inside, findings),
            )
            for folder, inside in folders.items()
        ]
        title = "Segment Anything (a folder a photo)"
        return MaskSet(title, tuple(masks), has_classes=False, findings=findings)
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    by_frame = _are_frames(list(folders), [n for inside in folders.values() for n in inside])
    for folder, inside in folders.items():
        outer = folder.rpartition("/")[2]
        for name in inside:
            inner = PurePosixPath(name).stem
            frame, label = (outer, inner) if by_frame else (inner, outer)
            parts[frame][label] = name
    labels = sorted({label for found in parts.values() for label in found})
    ids = {label: i for i, label in enumerate(labels, start=1)}
    named = {i: f"object {n}" if n.isdigit() else n for n, i in ids.items()}
    entries = tuple(
        PhotoMask(frame, partial(_painted, files, found, ids, findings))
        for frame, found in sorted(parts.items())
    )
    title = "folders of objects"
    return MaskSet(title, entries, named, numbers_are_made_up=True, findings=findings)


def _are_frames(folders: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether folders are photos and pictures their objects, rather than the reverse.

    Photos have numbers and objects names; where both have numbers, there are more photos.
    """
    outer = {f.rpartition("/")[2] for f in folders}
    inner = {PurePosixPath(n).stem for n in names}
    outer_numbered, inner_numbered = (
        sum(any(c.isdigit() for c in n) for n in found) > len(found) / 2 for found in (outer, inner)
    )
    if outer_numbered != inner_numbered:
        return outer_numbered
    return len(outer) > len(inner)


def _regions(files: MaskFiles, names: Sequence[str], findings: Findings) -> Iterator[Coverage]:
    for name in names:
        try:
            yield (_pixels(files, name) > 0).astype(np.uint8)
        except FormatError as error:
            findings.leave_out("region", "that cannot be read", str(error))


def _numbered(files: MaskFiles, names: Sequence[str], findings: Findings) -> IdArray:
    parts = {name: name for name in names}
    return _painted(files, parts, {n: i for i, n in enumerate(names, start=1)}, findings)


def _painted(
    files: MaskFiles, parts: dict[str, str], ids: dict[str, int], findings: Findings
) -> IdArray:
    regions: list[tuple[int, Runs]] = []
    for label, name in parts.items():
        try:
            runs = Runs.of_coverage((_pixels(files, name) > 0).astype(np.uint8))
        except FormatError as error:
            findings.leave_out("picture", "that cannot be read", str(error))
            continue
        if regions and runs.shape != regions[0][1].shape:
            findings.leave_out("picture", "of another size than others of its photo", name)
        else:
            regions.append((ids[label], runs))
    if not regions:
        msg = f"no picture of {next(iter(parts.values()))!r} can be read: export it again"
        raise FormatError(msg)
    return painted_largest_first(regions[0][1].shape, regions)
