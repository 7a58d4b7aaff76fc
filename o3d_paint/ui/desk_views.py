"""What an open project shows: the panels' contents, the marked cameras, the dimmed points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.views.heat import HEAT_TITLES
from o3d_paint.core.views.shown_cloud import ShownCloud
from o3d_paint.ui import models
from o3d_paint.ui.frustum_layer import CameraMarks
from o3d_paint.ui.panels.status_bar import ProgressState

if TYPE_CHECKING:
    from o3d_paint.ui.workbench import Workbench

__all__ = ["dim_unseen", "feed_panels", "mark_cameras", "open_views", "show_photo"]

_FIRST_THUMBNAILS = 64


def open_views(desk: Workbench, shown: ShownCloud) -> None:
    """Fill the 3D view, the classes and the strip, when a project has been opened."""
    scene, shell = desk.project.scene, desk.shell
    shell.class_count = len(desk.project.taxonomy)
    shell.cloud.open(scene, shown, desk.colors)
    desk.frustums.open(scene)
    mark_cameras(desk)
    desk.wall.canvas.set_style(models.canvas_style(desk.studio))
    desk.photos.want_thumbnails(range(min(len(scene.frames), _FIRST_THUMBNAILS)))
    shell.layout()


def show_photo(desk: Workbench, frame_idx: int | None) -> None:
    """Show a photo in the paint panel; None for none."""
    canvas = desk.wall.canvas
    if frame_idx is None:
        canvas.set_photo(None, None)
    else:
        desk.shell.cloud.wait_for_photo()
        canvas.set_photo(frame_idx, desk.project.mask(frame_idx))
        photo = desk.photos.photo(frame_idx)
        if photo is not None:
            canvas.set_picture(photo)
    desk.wall.show_canvas(desk.shell, has_photo=frame_idx is not None)
    # Before the toolkit draws for the click itself: a frame with the photo before costs as much.
    desk.shell.panel_host("canvas").update()


def mark_cameras(desk: Workbench) -> None:
    """Mark the open, suggested, hovered and painted cameras."""
    viewing = desk.studio.viewing
    # On a slow renderer half a second of drawing is too much for a hover.
    hover = None if desk.shell.cloud.plan.is_slow else viewing.hover_idx
    suggested = desk.studio.suggested
    desk.frustums.mark(
        CameraMarks(
            open=viewing.open_idx,
            suggested=suggested if suggested != viewing.open_idx else None,
            hover=hover if hover != viewing.open_idx else None,
            painted=frozenset(desk.project.painted_frames),
        )
    )


def dim_unseen(desk: Workbench) -> None:
    """Dim what the open photo does not see, where the user wants that."""
    viewing = desk.studio.viewing
    wanted = viewing.open_idx if viewing.only_this_photo else None
    index = desk.project.index(wanted) if wanted is not None else None
    seen: BoolArray | None = None
    if index is not None:
        if desk.seen_of == wanted:
            return
        seen = np.zeros(len(desk.project.scene.cloud), dtype=bool)
        seen[index.point] = True
    desk.seen_of = wanted if index is not None else None
    desk.colors.set_seen(seen)
    desk.shell.cloud.changed()


def feed_panels(desk: Workbench) -> None:
    """Give every panel what it says now."""
    wall, studio = desk.wall, desk.studio
    wall.toolbar.set_model(models.toolbar_state(studio, fuse_share=desk.fuse_share))
    wall.options.set_model(models.options_state(studio, wall.tools))
    wall.classes.set_model(models.class_state(studio, desk.coverage))
    wall.strip.set_model(models.strip_state(studio, desk.photos.thumbnails))
    desk.photos.want_thumbnails(wall.strip.wanted)
    progress = None
    if desk.project.is_changing:
        progress = ProgressState("Relabelling", desk.project.share, is_cancellable=False)
    elif desk.fuse_share is not None:
        progress = ProgressState(_fusing(desk.fuse_text), desk.fuse_share)
    elif desk.progress is not None:
        progress = desk.progress
    elif studio.is_preparing:
        progress = ProgressState("Preparing the photo", is_cancellable=False)
    wall.status.set_model(
        models.status_state(
            studio,
            desk.coverage,
            conflicts=desk.conflicts,
            saving=desk.saving,
            message=desk.message
            if studio.viewing.heat is None
            else HEAT_TITLES[studio.viewing.heat],
            progress=progress,
        )
    )


def _fusing(part: str) -> str:
    return f"Fusing: {part}" if part else "Fusing"
