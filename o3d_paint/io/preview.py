"""A picture of the result: the cloud in photo colours beside the cloud in class colours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from o3d_paint.assets import asset
from o3d_paint.core.geometry import robust_bounds
from o3d_paint.core.taxonomy import UNLABELLED_COLOR
from o3d_paint.core.views.orbit import first_look
from o3d_paint.core.views.render import framed, render_points
from o3d_paint.io.exporters.labelled import LabelledScene, class_colors
from o3d_paint.io.store import write_bytes

__all__ = ["write_preview"]

_PANEL = (900, 720)
_LEGEND_HEIGHT = 64
_BACKGROUND = (250, 250, 248)
_INK = (60, 60, 60)


def write_preview(labelled: LabelledScene, path: Path, *, inputs: Sequence[Path] = ()) -> None:
    """Write the picture as PNG.

    Raises:
        StorageError: The file cannot be written.
    """
    scene = labelled.scene
    xyz = scene.cloud.xyz
    low, high = robust_bounds(xyz, 0.5)
    margin = 0.25 * (high - low)
    near = ((xyz >= low - margin) & (xyz <= high + margin)).all(axis=1)
    positions = [f.position for f in scene.frames]
    eye = first_look(xyz, scene.up, positions, aspect=_PANEL[0] / _PANEL[1])
    eye = framed(eye, xyz[near], size=_PANEL)
    colors = [scene.cloud.rgb[near], class_colors(labelled.labels, labelled.taxonomy)[near]]
    panels = render_points(
        xyz[near], colors, eye, size=_PANEL, spacing=scene.spacing, background=_BACKGROUND
    )
    picture = Image.fromarray(np.concatenate(panels, axis=1))
    canvas = Image.new("RGB", (picture.width, picture.height + _LEGEND_HEIGHT), _BACKGROUND)
    canvas.paste(picture, (0, 0))
    _draw_legend(canvas, labelled)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG", optimize=True)
    write_bytes(path, buffer.getvalue(), inputs=inputs)


def _draw_legend(canvas: Image.Image, labelled: LabelledScene) -> None:
    """Write name and colour of the classes that occur, and how much is labelled."""
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.truetype(str(asset("fonts", "Inter-Regular.otf")), 22)
    middle = canvas.height - _LEGEND_HEIGHT // 2
    present = set(np.unique(labelled.labels).tolist())
    entries = [(c.name, c.color) for c in labelled.taxonomy if c.class_id in present]
    if 0 in present:
        entries.append(("unlabelled", UNLABELLED_COLOR))
    share = np.count_nonzero(labelled.labels) / max(1, len(labelled.labels))
    text = f"{labelled.scene.name} · {len(labelled.labels):,} points · {share:.1%} labelled"
    draw.text((28, middle), text, _INK, font, anchor="lm")
    limit = 28 + draw.textlength(text, font=font) + 60
    x = canvas.width - 28.0
    for name, color in reversed(entries):
        x -= draw.textlength(name, font=font)
        if x - 30 < limit:
            break
        draw.text((x, middle), name, _INK, font, anchor="lm")
        draw.rounded_rectangle((x - 30, middle - 10, x - 10, middle + 10), 4, color)
        x -= 58
