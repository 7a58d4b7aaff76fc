"""Painted photos as pictures to look through: a triptych each, and one sheet with all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, sqrt
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import IdArray, RgbArray
from o3d_paint.core.metrics import MISSED, RIGHT, WRONG, error_mask
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.views.review import (
    VERDICT_COLORS,
    class_picture,
    error_picture,
    overlay_picture,
    sized,
)
from o3d_paint.errors import SceneError
from o3d_paint.io.lettering import Font
from o3d_paint.io.mask_exporters.source import file_stems
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.sheet import FAINT, Entry, Sheet, legend_height
from o3d_paint.io.store import make_folder

__all__ = ["ErrorPictures", "contact_sheet", "triptych", "write_review"]

Progress = Callable[[float, str], None]

SHEET_NAME = "contact_sheet.png"
_MARGIN, _GAP = 48, 24
_TITLE, _CAPTION, _LEGEND = Font(40, bold=True), Font(26), Font(26)
_PANEL_SIDE = 1080  # the longer side of a panel of the triptych
_TILE_SIDE = 420
_TILE_TEXT = 52
_SHEET_ASPECT = 1.5
_HEAD = 104


def write_review(
    scene: Scene,
    masks: Mapping[int, IdArray],
    taxonomy: Taxonomy,
    folder: Path,
    *,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write ``NAME.png`` for every painted photo, and ``contact_sheet.png``.

    Args:
        scene: The photos.
        masks: (H, W) ids by position of the photo.
        taxonomy: The classes.
        folder: Made where it is absent.
        inputs: Files that must never be written over; those of the scene never are.
        progress: Told how far it is; may raise to cancel.

    Raises:
        SceneError: Nothing is painted.
        StorageError: A picture cannot be written, or the folder belongs to a project.
    """
    painted = {i: m for i, m in sorted(masks.items()) if m.any()}
    if not painted:
        msg = f"nothing is painted on {scene.name}: paint a photo first"
        raise SceneError(msg)
    refuse_inside_project(folder)
    make_folder(folder)
    never = (*inputs, *map(Path, scene.sources))
    stems = file_stems([f.name for f in scene.frames])
    paths = []
    for done, (frame_idx, mask) in enumerate(painted.items()):
        if progress is not None:
            progress(done / (len(painted) + 1), scene.frames[frame_idx].name)
        path = folder / f"triptych_{stems[frame_idx]}.png"
        triptych(scene.frames[frame_idx], mask, taxonomy).write(path, inputs=never)
        paths.append(path)
    if progress is not None:
        progress(len(painted) / (len(painted) + 1), "all photos")
    contact_sheet(scene, painted, taxonomy).write(folder / SHEET_NAME, inputs=never)
    return (*paths, folder / SHEET_NAME)


def triptych(frame: Frame, mask: IdArray, taxonomy: Taxonomy) -> Sheet:
    """Return photo, classes and both over each other side by side, with a legend."""
    photo, colors = frame.photo.pixels(), taxonomy.color_table()
    size = _fitted(photo, _PANEL_SIDE)
    panels = {
        "Photo": sized(photo, size),
        "Classes": class_picture(mask, colors, size),
        "Labels on the photo": overlay_picture(photo, mask, colors, size=size),
    }
    shares = _shares(mask, taxonomy)
    painted = sum(share for _, share in shares.values())
    entries = [
        Entry(color, taxonomy.get(i).name, f"{share:.1%}") for i, (color, share) in shares.items()
    ]
    return _row(frame.name, f"{painted:.1%} of the photo painted", panels, entries=entries)


def contact_sheet(scene: Scene, masks: Mapping[int, IdArray], taxonomy: Taxonomy) -> Sheet:
    """Return all painted photos with their labels, small, with a legend of what occurs."""
    colors = taxonomy.color_table()
    frames = [scene.frames[i] for i in masks]
    width = max(_fitted_size(f, _TILE_SIDE)[0] for f in frames)
    height = max(_fitted_size(f, _TILE_SIDE)[1] for f in frames)
    columns = min(len(frames), max(2, round(sqrt(len(frames) * height / width * _SHEET_ASPECT))))
    rows = ceil(len(frames) / columns)
    inner = max(columns * (width + _GAP) - _GAP, 2 * _TILE_SIDE)
    shares = {i: _shares(mask, taxonomy) for i, mask in masks.items()}
    present = sorted({c for s in shares.values() for c in s}, key=_order(taxonomy))
    entries = [Entry(taxonomy.get(c).color, taxonomy.get(c).name) for c in present]
    below = legend_height(entries, font=_LEGEND, width=inner)
    sheet = Sheet(
        inner + 2 * _MARGIN,
        _MARGIN + _HEAD + rows * (height + _TILE_TEXT + _GAP) + below + _MARGIN,
    )
    figure = f"{len(frames)} of {len(scene.frames)} photos painted"
    _head(sheet, scene.name, figure, width=inner)
    for position, (frame_idx, mask) in enumerate(masks.items()):
        row, column = divmod(position, columns)
        x = _MARGIN + column * (width + _GAP)
        y = _MARGIN + _HEAD + row * (height + _TILE_TEXT + _GAP)
        frame = scene.frames[frame_idx]
        size = _fitted_size(frame, _TILE_SIDE)
        tile = overlay_picture(frame.photo.pixels(), mask, colors, size=size)
        sheet.put(tile, x + (width - size[0]) // 2, y + height - size[1])
        sheet.bar((x, y + height, x + width, y + height + 6), list(shares[frame_idx].values()))
        total = sum(share for _, share in shares[frame_idx].values())
        font, baseline = Font(22), y + height + 36
        sheet.text(x + width, baseline, f"{total:.0%}", font=font, color=FAINT, is_right=True)
        sheet.text(x, baseline, frame.name, font=font, width=width - 70)
    top = _MARGIN + _HEAD + rows * (height + _TILE_TEXT + _GAP)
    sheet.legend(_MARGIN, top, entries, font=_LEGEND, width=inner)
    return sheet


class ErrorPictures:
    """Draws where the other photos are wrong about one: photo, paint, prediction, verdict."""

    def __init__(
        self, scene: Scene, masks: Mapping[int, IdArray], taxonomy: Taxonomy, *, folder: Path
    ) -> None:
        """Write into ``folder``, which is made; files of the scene are never written over.

        Raises:
            StorageError: It cannot be made, or belongs to a project.
        """
        refuse_inside_project(folder)
        self._scene = scene
        self._colors = taxonomy.color_table()
        self._masks = masks
        self._folder = make_folder(folder)
        self._stems = file_stems([f.name for f in scene.frames])

    def __call__(self, frame_idx: int, predicted: IdArray) -> None:
        """Write the picture of a photo from the (H, W) mask that the others predict for it."""
        frame, painted = self._scene.frames[frame_idx], self._masks[frame_idx]
        photo = frame.photo.pixels()
        size = _fitted(photo, _PANEL_SIDE)
        verdict = error_mask(predicted, painted)
        colors = self._colors
        panels = {
            "As painted": overlay_picture(photo, painted, colors, size=size),
            "As the other photos say": overlay_picture(photo, predicted, colors, size=size),
            "Where they differ": error_picture(photo, verdict, size=size),
        }
        counts = np.bincount(verdict.ravel(), minlength=4)
        total = max(1, int(counts[1:].sum()))
        entries = [
            Entry(VERDICT_COLORS[value], name, f"{counts[value] / total:.1%}")
            for value, name in ((RIGHT, "right"), (WRONG, "wrong"), (MISSED, "left unlabelled"))
        ]
        figure = f"{counts[RIGHT] / total:.1%} of the painted pixels right"
        sheet = _row(frame.name, figure, panels, entries=entries)
        path = self._folder / f"errors_{self._stems[frame_idx]}.png"
        sheet.write(path, inputs=[Path(p) for p in self._scene.sources])


def _row(
    title: str, figure: str, panels: Mapping[str, RgbArray], *, entries: Sequence[Entry]
) -> Sheet:
    """Return pictures of one size side by side, each with its caption, over a legend."""
    height, width = next(iter(panels.values())).shape[:2]
    inner = len(panels) * (width + _GAP) - _GAP
    below = legend_height(entries, font=_LEGEND, width=inner)
    caption = 44
    top = _MARGIN + _HEAD + caption
    sheet = Sheet(inner + 2 * _MARGIN, top + height + _GAP + below + _MARGIN)
    _head(sheet, title, figure, width=inner)
    for position, (name, picture) in enumerate(panels.items()):
        x = _MARGIN + position * (width + _GAP)
        sheet.text(x, top - 16, name, font=_CAPTION, color=FAINT, width=width)
        sheet.put(picture, x, top)
    sheet.legend(_MARGIN, top + height + _GAP, entries, font=_LEGEND, width=inner)
    return sheet


def _head(sheet: Sheet, title: str, figure: str, *, width: int) -> None:
    """Write the first line of a sheet."""
    baseline = _MARGIN + 40
    sheet.text(_MARGIN + width, baseline, figure, font=_CAPTION, color=FAINT, is_right=True)
    sheet.text(_MARGIN, baseline, title, font=_TITLE, width=width - 520)


def _shares(mask: IdArray, taxonomy: Taxonomy) -> dict[int, tuple[tuple[int, int, int], float]]:
    """Return colour and share of the photo for each class that is painted, in their order."""
    counts = np.bincount(mask.ravel())
    return {
        c.class_id: (c.color, int(counts[c.class_id]) / mask.size)
        for c in taxonomy
        if c.class_id < len(counts) and counts[c.class_id]
    }


def _order(taxonomy: Taxonomy) -> Callable[[int], int]:
    places = {c.class_id: place for place, c in enumerate(taxonomy)}
    return lambda class_id: places[class_id]


def _fitted(picture: RgbArray, side: int) -> tuple[int, int]:
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fitted_size(frame: Frame, side: int) -> tuple[int, int]:
    scale = side / max(frame.photo.height, frame.photo.width)
    return max(1, round(frame.photo.width * scale)), max(1, round(frame.photo.height * scale))
