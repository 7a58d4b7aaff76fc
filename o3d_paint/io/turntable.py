"""A labelled cloud seen from around it: as a picture, a film or an animated picture."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.taxonomy import UNLABELLED_COLOR
from o3d_paint.core.views.orbit import Eye
from o3d_paint.core.views.render import render_points
from o3d_paint.core.views.turntable import label_colors, shown_points, turntable, without_ceiling
from o3d_paint.errors import FormatError, SceneError, StorageError
from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.lettering import Font
from o3d_paint.io.part_files import part_folder
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.sheet import FAINT, GROUND, Entry, Sheet, legend_height
from o3d_paint.io.store import move_into_place, refuse_overwriting, replacing

__all__ = ["RENDER_ENDINGS", "RenderOptions", "draw_view", "write_turntable"]

RENDER_ENDINGS = (".png", ".mp4", ".gif")
_FEWEST, _MOST = 16, 8192
_GIF_COLORS = 160
_FOURCC = "mp4v"
_LEAST_ROOM = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What a user can wish for.

    Attributes:
        size: (width, height) in pixels, legend included; films make them even.
        seconds: For one turn.
        fps: Pictures per second.
        color_by: Class colours, or those of the photos.
        cut: Opens rooms from above where the cameras stand inside.
        legend: Whether classes are named below.
    """

    size: tuple[int, int] = (1280, 800)
    seconds: float = 6.0
    fps: int = 24
    color_by: Literal["label", "photo"] = "label"
    cut: bool = True
    legend: bool = True

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: One is out of range.
        """
        if not all(_FEWEST <= side <= _MOST for side in self.size):
            msg = f"size must lie in {_FEWEST} to {_MOST} pixels, got {self.size}"
            raise ValueError(msg)
        if not (0 < self.seconds <= 600 and 1 <= self.fps <= 120):
            msg = f"{self.seconds} s at {self.fps} pictures per second are out of range"
            raise ValueError(msg)


def write_turntable(
    labelled: LabelledScene,
    path: Path,
    options: RenderOptions | None = None,
    *,
    inputs: Sequence[Path] = (),
    progress: Callable[[float, str], None] | None = None,
) -> None:
    """Write a picture (.png) or a full turn (.mp4, .gif) of a labelled cloud.

    Args:
        labelled: Cloud and labels.
        path: Its ending says which.
        options: Size, time and colours.
        inputs: Files that must never be written over; those of the scene never are.
        progress: Told how far it is; may raise to cancel.

    Raises:
        FormatError: Another ending.
        SceneError: The cloud is empty.
        StorageError: The file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in RENDER_ENDINGS:
        msg = f"cannot write {path}: expected a name that ends in {', '.join(RENDER_ENDINGS)}"
        raise FormatError(msg)
    if not len(labelled.scene.cloud):
        msg = f"{labelled.scene.name} has no points to draw"
        raise SceneError(msg)
    refuse_overwriting(path, (*inputs, *labelled.scene.sources))
    refuse_inside_project(path)
    chosen = options or RenderOptions()
    count = 1 if ending == ".png" else max(2, round(chosen.seconds * chosen.fps))
    frames = _told(_frames(labelled, chosen, count), count, progress)
    if ending == ".png":
        _write_png(next(frames), path)
    elif ending == ".mp4":
        _write_mp4(frames, path, fps=chosen.fps)
    else:
        _write_gif(frames, path, fps=chosen.fps)


def draw_view(labelled: LabelledScene, options: RenderOptions | None = None) -> RgbArray:
    """Return the (height, width, 3) picture that ``write_turntable`` writes as PNG.

    Raises:
        SceneError: The cloud is empty.
    """
    if not len(labelled.scene.cloud):
        msg = f"{labelled.scene.name} has no points to draw"
        raise SceneError(msg)
    return next(_frames(labelled, options or RenderOptions(), 1))


def _frames(labelled: LabelledScene, options: RenderOptions, count: int) -> Iterator[RgbArray]:
    """Yield the pictures of one turn."""
    scene = labelled.scene
    positions = [f.position for f in scene.frames]
    shown = shown_points(scene.cloud.xyz)
    if options.cut:
        kept = shown & without_ceiling(scene.cloud.xyz, scene.up, positions)
        shown = kept if kept.any() else shown
    xyz, rgb = scene.cloud.xyz[shown], scene.cloud.rgb[shown]
    if options.color_by == "label":
        rgb = label_colors(labelled.labels[shown], labelled.taxonomy, rgb)
    # Films need even sides.
    size = (options.size[0] // 2 * 2, options.size[1] // 2 * 2)
    sheet, view = _background(labelled, options, size)
    eyes = turntable(xyz, scene.up, positions, size=view, count=count)
    for eye in eyes:
        picture = sheet.copy()
        picture[: view[1], : view[0]] = _drawn(xyz, rgb, eye, size=view, spacing=scene.spacing)
        yield picture


def _drawn(
    xyz: FloatArray, rgb: RgbArray, eye: Eye, *, size: tuple[int, int], spacing: float
) -> RgbArray:
    (picture,) = render_points(xyz, [rgb], eye, size=size, spacing=spacing, background=GROUND)
    return picture


def _background(
    labelled: LabelledScene, options: RenderOptions, size: tuple[int, int]
) -> tuple[RgbArray, tuple[int, int]]:
    """Return the picture without the cloud, and the size of the view above the legend."""
    sheet = Sheet(*size)
    if not options.legend:
        return sheet.pixels, size
    font = Font(max(11, round(size[1] / 36)))
    margin = round(1.6 * font.size)
    entries = _entries(labelled)
    share = np.count_nonzero(labelled.labels) / max(1, len(labelled.labels))
    line = f"{len(labelled.labels):,} points · {share:.1%} labelled"
    inner = size[0] - 2 * margin
    below = legend_height(entries, font=font, width=inner)
    line_height = round(1.9 * font.size)
    view = (size[0], size[1] - below - line_height - margin)
    if view[1] < size[1] // 2:
        # Sixty classes on a small picture: the cloud goes before their names.
        return sheet.pixels, size
    sheet.text(margin, view[1] + font.size, line, font=font, color=FAINT, width=inner)
    sheet.legend(margin, view[1] + line_height, entries, font=font, width=inner)
    return sheet.pixels, view


def _entries(labelled: LabelledScene) -> list[Entry]:
    counts = np.bincount(labelled.labels)
    entries = [
        Entry(c.color, c.name)
        for c in labelled.taxonomy
        if c.class_id < len(counts) and counts[c.class_id]
    ]
    return entries or [Entry(UNLABELLED_COLOR, "unlabelled")]


def _told(
    frames: Iterator[RgbArray], count: int, progress: Callable[[float, str], None] | None
) -> Iterator[RgbArray]:
    for done, frame in enumerate(frames):
        if progress is not None:
            progress(done / count, f"picture {done + 1} of {count}")
        yield frame


def _write_png(picture: RgbArray, path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    with replacing(path) as file:
        file.write(buffer.getvalue())


def _write_mp4(frames: Iterator[RgbArray], path: Path, *, fps: int) -> None:
    """Write a film; the encoder wants a name of its own, and the file moves when it is whole."""
    try:
        with part_folder(path.absolute().parent) as folder:
            beside = folder / "film.mp4"
            # Where not even this has room the encoder only says that it cannot begin.
            beside.write_bytes(bytes(_LEAST_ROOM))
            count = _encoded(frames, beside, path, fps=fps)
            # It says nothing of a disk that became full meanwhile.
            if _pictures_in(beside) != count:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            move_into_place(beside, path)
    except OSError as error:
        raise unwritable(path, error) from error


def _encoded(frames: Iterator[RgbArray], beside: Path, path: Path, *, fps: int) -> int:
    """Write a film under a name; returns how many pictures it was given."""
    first = next(frames)
    height, width = first.shape[:2]
    code = cv2.VideoWriter.fourcc(*_FOURCC)
    writer = cv2.VideoWriter(str(beside), code, float(fps), (width, height))
    try:
        if not writer.isOpened():
            msg = f"cannot write {path}: OpenCV was built without MPEG-4, write a .gif instead"
            raise StorageError(msg)
        writer.write(first[..., ::-1])
        count = 1
        for frame in frames:
            writer.write(frame[..., ::-1])
            count += 1
    finally:
        writer.release()
    return count


def _pictures_in(film: Path) -> int:
    """Return how many pictures of a film can be played; 0 of what is none."""
    if not film.is_file():
        return 0
    player = cv2.VideoCapture(str(film))
    try:
        count = 0
        while player.grab():
            count += 1
        return count
    finally:
        player.release()


def _write_gif(frames: Iterator[RgbArray], path: Path, *, fps: int) -> None:
    """Write an animated picture; one palette for all, so that nothing flickers."""
    pictures = [Image.fromarray(frame) for frame in frames]
    every = max(1, len(pictures) // 8)
    strip = np.concatenate([np.asarray(p) for p in pictures[::every]], axis=0)
    palette = Image.fromarray(strip).quantize(_GIF_COLORS, dither=Image.Dither.NONE)
    indexed = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    buffer = io.BytesIO()
    # The format counts in hundredths of a second.
    duration = max(20, round(100 / fps) * 10)
    indexed[0].save(
        buffer, "GIF", save_all=True, append_images=indexed[1:], duration=duration, loop=0
    )
    with replacing(path) as file:
        file.write(buffer.getvalue())
