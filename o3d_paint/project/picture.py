"""A picture of the labelled cloud, or of a photo with the labels over it."""

from __future__ import annotations

import io
from operator import index
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.views.review import overlay_picture, sized
from o3d_paint.errors import FormatError
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.mask_exporters import drawn_mask
from o3d_paint.io.photo_matching import photo_named
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.store import write_bytes
from o3d_paint.io.turntable import RenderOptions, draw_view
from o3d_paint.project.project import Project
from o3d_paint.project.report import labelled_scene

__all__ = ["picture"]


def picture(
    work: Project | LabelledScene | Scene,
    photo: int | str | None = None,
    *,
    size: tuple[int, int] | None = None,
    color_by: Literal["label", "photo"] = "label",
    legend: bool = True,
    path: Path | str | None = None,
) -> RgbArray:
    """Draw the labelled cloud, or one photo with the labels over it.

    Args:
        work: A project as it shows, labels of any origin, or a scene without labels.
        photo: Position or name of a photo; None draws the cloud from where it shows well.
        size: (width, height) in pixels; None for 1280 x 800, or the size of the photo.
        color_by: Colours of the cloud's points.
        legend: Whether classes are named below the cloud.
        path: PNG to write, too.

    Returns:
        (height, width, 3) sRGB.

    Raises:
        FormatError: The path does not end in .png.
        StorageError: The file cannot be written, is one of the scene's, or belongs to a project.
        ValueError: There is no such photo, or the size is out of range.
    """
    if path is not None and Path(path).suffix.lower() != ".png":
        msg = f"cannot write {path}: expected a name that ends in .png"
        raise FormatError(msg)
    if path is not None:
        refuse_inside_project(path)
    labelled = _labelled(work)
    if photo is None:
        # Points without any label show the photos' colours.
        colors = color_by if not isinstance(work, Scene) else "photo"
        plain = RenderOptions()
        drawn = draw_view(
            labelled,
            RenderOptions(
                size=plain.size if size is None else size,
                color_by=colors,
                legend=legend and not isinstance(work, Scene),
            ),
        )
    else:
        drawn = _photo(work, labelled, photo, size)
    if path is not None:
        buffer = io.BytesIO()
        Image.fromarray(drawn).save(buffer, "PNG", optimize=True)
        write_bytes(path, buffer.getvalue(), inputs=labelled.scene.sources)
    return drawn


def _labelled(work: Project | LabelledScene | Scene) -> LabelledScene:
    if isinstance(work, LabelledScene):
        return work
    if isinstance(work, Project):
        work.complete_indexes()
        return labelled_scene(work)
    count = len(work.cloud)
    none = np.zeros(count, dtype=np.uint16)
    return LabelledScene(work, Taxonomy(), none, np.zeros(count, dtype=np.uint8))


def _photo(
    work: Project | LabelledScene | Scene,
    labelled: LabelledScene,
    photo: int | str,
    size: tuple[int, int] | None,
) -> RgbArray:
    """Return a photo with its labels: its own paint, and elsewhere those of the cloud."""
    names = [frame.name for frame in labelled.scene.frames]
    frames = labelled.scene.frames
    try:
        frame_idx = photo_named(photo, frames) if isinstance(photo, str) else index(photo)
    except TypeError as error:
        msg = f"photo must be the position or name of one, got {photo!r}: path= names the PNG"
        raise ValueError(msg) from error
    if frame_idx is None or not 0 <= frame_idx < len(names):
        known = f"{names[0]!r} to {names[-1]!r}" if names else "none"
        msg = f"there is no photo {photo!r}: the {len(names)} photos are {known}"
        raise ValueError(msg)
    pixels = labelled.scene.frames[frame_idx].photo.pixels()
    wanted = (pixels.shape[1], pixels.shape[0]) if size is None else size
    if isinstance(work, Scene):
        return sized(pixels, wanted)
    painted: dict[int, IdArray] = {}
    if isinstance(work, Project) and frame_idx in work.painted_frames:
        painted[frame_idx] = work.mask(frame_idx)
    mask = drawn_mask(labelled, frame_idx, painted=painted)
    return overlay_picture(pixels, mask, labelled.taxonomy.color_table(), size=wanted)
