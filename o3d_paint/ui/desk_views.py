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
    from o3d_paint.ui.project_controller import ProjectController

__all__ = ["dim_unseen", "feed_panels", "mark_cameras", "open_views", "show_photo"]

_FIRST_THUMBNAILS = 64


def open_views(controller: ProjectController, shown: ShownCloud) -> None:
    """Fill the 3D view, the classes and the strip, when a project has been opened."""
    scene, window = controller.project.scene, controller.window
    window.class_count = len(controller.project.taxonomy)
    window.cloud.open(scene, shown, controller.colors)
    controller.frustums.open(scene)
    mark_cameras(controller)
    controller.panels.canvas.set_style(models.canvas_style(controller.editor))
    controller.photos.want_thumbnails(range(min(len(scene.frames), _FIRST_THUMBNAILS)))
    window.layout()


def show_photo(controller: ProjectController, frame_idx: int | None) -> None:
    """Show a photo in the paint panel; None for none."""
    canvas = controller.panels.canvas
    if frame_idx is None:
        canvas.set_photo(None, None)
    else:
        controller.window.cloud.wait_for_photo()
        canvas.set_photo(frame_idx, controller.project.mask(frame_idx))
        photo = controller.photos.photo(frame_idx)
        if photo is not None:
            canvas.set_picture(photo)
    controller.panels.show_canvas(controller.window, has_photo=frame_idx is not None)
    # Before the toolkit draws for the click itself: a frame with the photo before costs as much.
    controller.window.panel_host("canvas").update()


def mark_cameras(controller: ProjectController) -> None:
    """Mark the open, suggested, hovered and painted cameras."""
    viewing = controller.editor.state
    # On a slow renderer half a second of drawing is too much for a hover.
    hover = None if controller.window.cloud.plan.is_slow else viewing.hover_idx
    suggested = controller.editor.suggested
    controller.frustums.mark(
        CameraMarks(
            open=viewing.open_idx,
            suggested=suggested if suggested != viewing.open_idx else None,
            hover=hover if hover != viewing.open_idx else None,
            painted=frozenset(controller.project.painted_frames),
        )
    )


def dim_unseen(controller: ProjectController) -> None:
    """Dim what the open photo does not see, where the user wants that."""
    viewing = controller.editor.state
    wanted = viewing.open_idx if viewing.only_this_photo else None
    index = controller.project.index(wanted) if wanted is not None else None
    seen: BoolArray | None = None
    if index is not None:
        if controller.seen_of == wanted:
            return
        seen = np.zeros(len(controller.project.scene.cloud), dtype=bool)
        seen[index.point] = True
    controller.seen_of = wanted if index is not None else None
    controller.colors.set_seen(seen)
    controller.window.cloud.changed()


def feed_panels(controller: ProjectController) -> None:
    """Give every panel what it says now."""
    panels, editor = controller.panels, controller.editor
    panels.toolbar.set_model(models.toolbar_state(editor, fuse_share=controller.fuse_share))
    panels.options.set_model(models.options_state(editor, panels.tools))
    panels.classes.set_model(models.class_state(editor, controller.coverage))
    panels.strip.set_model(models.strip_state(editor, controller.photos.thumbnails))
    controller.photos.want_thumbnails(panels.strip.wanted)
    progress = None
    if controller.project.is_changing:
        progress = ProgressState("Relabelling", controller.project.share, is_cancellable=False)
    elif controller.fuse_share is not None:
        progress = ProgressState(_fusing(controller.fuse_text), controller.fuse_share)
    elif controller.progress is not None:
        progress = controller.progress
    elif editor.is_preparing:
        progress = ProgressState("Preparing the photo", is_cancellable=False)
    panels.status.set_model(
        models.status_state(
            editor,
            controller.coverage,
            conflicts=controller.conflicts,
            saving=controller.saving,
            message=controller.message
            if editor.state.heat is None
            else HEAT_TITLES[editor.state.heat],
            progress=progress,
        )
    )


def _fusing(part: str) -> str:
    return f"Fusing: {part}" if part else "Fusing"
