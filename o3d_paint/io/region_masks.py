"""Regions without classes for the photos of a scene: automatic masks of Segment Anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.selection.photo_regions import PhotoRegions, fitted_regions
from o3d_paint.errors import SceneError
from o3d_paint.io.files import reading
from o3d_paint.io.mask_formats.mask_set import Coverage, PhotoMask
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.masks import check_aspect
from o3d_paint.io.photo_matching import match_masks

__all__ = ["RegionImport", "load_regions"]


@dataclass(frozen=True, slots=True, eq=False)
class RegionImport:
    """Regions that belong to photos of a scene.

    Attributes:
        readers: By position of the photo: decodes its regions at the size of its mask.
        notes: What did not match, one sentence each.
    """

    readers: Mapping[int, Callable[[], PhotoRegions]]
    notes: tuple[str, ...]


def load_regions(path: Path | str, scene: Scene, *, open_idx: int | None = None) -> RegionImport:
    """Find out which regions of a file or folder belong to which photo; none is decoded yet.

    Args:
        path: JSON or NPY file, or a folder of them.
        scene: Whose photos.
        open_idx: The photo that a single file of an unknown name belongs to.

    Raises:
        FormatError: They cannot be read.
        SceneError: None belongs to a photo, or they have classes.
    """
    source = Path(path)
    with reading(source):
        found = read_masks(source)
    if found.has_classes:
        msg = (
            f"{source} holds masks with classes ({found.format}): o3d-paint fuse --masks takes"
            " them, no click is needed"
        )
        raise SceneError(msg)
    notes: list[str] = []
    try:
        matched = match_masks(source, found, scene, notes)
    except SceneError:
        if open_idx is None or len(found.masks) != 1:
            raise
        matched = {open_idx: [0]}
        notes.append(f"{source.name} names no photo: its regions are those of the open one.")
    readers = {
        i: partial(_regions, found.masks[positions[0]], scene.frames[i], str(source))
        for i, positions in matched.items()
    }
    return RegionImport(readers, tuple(notes))


def _regions(mask: PhotoMask, frame: Frame, source: str) -> PhotoRegions:
    """Decode one photo's regions.

    Raises:
        PaintError: They are malformed, or of a photo of another aspect.
    """

    def checked() -> Iterator[Coverage]:
        with reading(source):
            for coverage in () if mask.read_regions is None else mask.read_regions():
                shape = (int(coverage.shape[0]), int(coverage.shape[1]))
                check_aspect(shape, frame, f"{source} ({mask.photo})")
                yield coverage

    return fitted_regions(checked(), frame.mask_shape)
