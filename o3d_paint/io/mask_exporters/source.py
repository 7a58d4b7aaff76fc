"""What a writer of masks is given: every photo's mask, drawn when it is asked for."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.reproject import reproject_labels
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.visibility import DepthTolerance
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.file_names import distinct_names
from o3d_paint.io.images import PHOTO_SUFFIXES, FilePhoto

__all__ = ["MaskOptions", "MaskSource", "MaskWriter", "Progress", "Written", "file_stems"]

Progress = Callable[[float, str], None]
"""Told the share done, 0..1, and the stage; may raise to cancel."""

_JPEG_QUALITY = 95
_MAX_STEM_BYTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskOptions:
    """What a user can wish for.

    Attributes:
        photos: Writes the photos beside the masks, as JPEG, where the format has a place for them.
        min_region: Pixels that a region has at least, where the format has one object a region;
            None for one in 20,000 of the photo's pixels.
        inputs: Files that must never be written over.
        progress: Told how far it is.
    """

    photos: bool = False
    min_region: int | None = None
    inputs: tuple[Path, ...] = field(default=())
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MaskSource:
    """The masks of all photos of a labelled scene.

    Attributes:
        labelled: Cloud, photos and a label for every point.
        taxonomy: A class for every id that occurs.
        painted: Paint by position of the photo that goes before what the cloud says.
        tolerance: How far depth and point may differ.
        stems: A file name without ending for each photo, distinct whatever the disk.
    """

    labelled: LabelledScene
    taxonomy: Taxonomy
    painted: Mapping[int, IdArray]
    tolerance: DepthTolerance
    stems: tuple[str, ...]

    def size(self, frame_idx: int) -> tuple[int, int]:
        """Return the (H, W) of a photo and its mask."""
        photo = self.labelled.scene.frames[frame_idx].photo
        return photo.height, photo.width

    def mask(self, frame_idx: int) -> IdArray:
        """Return the (H, W) uint16 class ids of a photo, 0 where nothing is known."""
        scene = self.labelled.scene
        shape = self.size(frame_idx)
        mask = reproject_labels(
            scene.frames[frame_idx],
            scene.cloud.xyz,
            self.labelled.labels,
            rule=scene.rule,
            tolerance=self.tolerance,
            spacing=scene.spacing,
            shape=shape,
        )
        paint = self.painted.get(frame_idx)
        if paint is None:
            return mask
        own = _resized(paint, shape)
        return np.where(own > 0, own, mask).astype(np.uint16)

    def photo_name(self, frame_idx: int) -> str:
        """Return the name under which other programs know the photo, if no other has it."""
        frames = self.labelled.scene.frames
        photo = frames[frame_idx].photo
        if not isinstance(photo, FilePhoto):
            return f"{self.stems[frame_idx]}.jpg"
        name = photo.path.name
        alike = [f for f in frames if isinstance(f.photo, FilePhoto) and f.photo.path.name == name]
        return name if len(alike) == 1 else f"{self.stems[frame_idx]}{photo.path.suffix}"

    def photo_jpeg(self, frame_idx: int) -> bytes:
        """Return the photo as it is in the scene: undistorted, cropped, upright."""
        pixels = self.labelled.scene.frames[frame_idx].photo.pixels()
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it.

    Attributes:
        paths: Files, in the order of writing.
        notes: What had to be changed for the format, one sentence each.
    """

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskWriter:
    """A way to write masks.

    Attributes:
        title: What it writes, for people.
        file_name: Of the one file within the folder, where it is one; its ending tells whether
            a user named the file itself. None where the format is a folder.
        write: Writes into the folder or the file.
    """

    title: str
    file_name: str | None
    write: Callable[[MaskSource, Path, MaskOptions], Written]


def file_stems(names: Sequence[str]) -> tuple[str, ...]:
    """Return a file name without ending for each photo: its own where that is possible.

    Folders within the name go where the rest is distinct, else they become part of it. Names are
    distinct on disks that ignore case, and free of what any system forbids.
    """
    bare = [re.split(r"[/\\]", _without_suffix(n))[-1] for n in names]
    if len({b.casefold() for b in bare}) < len(names):
        bare = [_without_suffix(n) for n in names]
    marks = [f"#{position:04d}" for position in range(len(bare))]
    return tuple(distinct_names(bare, longest=_MAX_STEM_BYTES, marks=marks))


def _without_suffix(name: str) -> str:
    for suffix in PHOTO_SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _resized(mask: IdArray, shape: tuple[int, int]) -> IdArray:
    """Return a mask at another size of the same view, by the pixel under each pixel's centre."""
    (h, w), (height, width) = mask.shape, shape
    rows = ((2 * np.arange(height) + 1) * h) // (2 * height)
    columns = ((2 * np.arange(width) + 1) * w) // (2 * width)
    resized: IdArray = mask[rows[:, None], columns]
    return resized
