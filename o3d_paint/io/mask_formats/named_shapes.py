"""Shapes with a class's name, photo by photo: what several tools' annotations come down to.

Later shapes lie on top, as the tools show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.runs import Runs

__all__ = ["AnnotatedPhoto", "NamedShape", "masks_of_shapes"]

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NamedShape:
    """A shape.

    Attributes:
        where: Names it in messages.
        label: Name of its class.
        runs: Returns its pixels in a photo of an (H, W); raises `FormatError` where it cannot.
    """

    where: str
    label: str
    runs: Callable[[Size], Runs]


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo's shapes.

    Attributes:
        photo: Its name.
        size: (H, W) that the file states.
        shapes: From the lowest to the topmost.
        file: That holds this photo alone; empty where one holds all.
    """

    photo: str
    size: Size
    shapes: Sequence[NamedShape]
    file: str = ""


def masks_of_shapes(
    title: str, photos: Iterable[AnnotatedPhoto], findings: Findings, where: str
) -> MaskSet:
    """Return the masks of photos; names get ids in alphabetical order.

    Args:
        title: Name of the format, for people.
        photos: What is annotated.
        findings: What was left out so far; gets what cannot be drawn.
        where: The file or folder, for messages.

    Raises:
        FormatError: There is no shape at all.
    """
    listed = list(photos)
    names = sorted({shape.label for photo in listed for shape in photo.shapes})
    if not names:
        reasons = " ".join(findings.sentences())
        msg = f"{where} has no shape that can be used. {reasons}".rstrip()
        raise FormatError(msg)
    ids = {name: i for i, name in enumerate(names, start=1)}
    masks = tuple(
        PhotoMask(p.photo, partial(_painted, p.size, p.shapes, ids, findings), file=p.file)
        for p in listed
    )
    by_id = {i: name for name, i in ids.items()}
    return MaskSet(title, masks, by_id, numbers_are_made_up=True, findings=findings)


def _painted(
    size: Size, shapes: Sequence[NamedShape], ids: dict[str, int], findings: Findings
) -> IdArray:
    canvas = np.zeros(size, dtype=np.uint16)
    for shape in shapes:
        try:
            shape.runs(size).paint(canvas, ids[shape.label])
        except FormatError as error:
            findings.leave_out("shape", "that cannot be read", str(error))
    return canvas
