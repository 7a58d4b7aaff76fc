"""Commands that change the open photo's paint as a whole, or go where photos disagree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from o3d_paint.core.mask import MaskEdit
from o3d_paint.core.selection.morphology import grown, shrunk
from o3d_paint.ui.project_controller import ProjectController

__all__ = ["next_conflict", "photo_handlers"]

_RING = 4
"""Width of a ring in mask pixels, of 1080 lines or more."""
_ZOOM = 2.5


def photo_handlers(controller: ProjectController) -> dict[str, Callable[[], object]]:
    """Return the handlers by command id."""
    return {
        "accept_class": partial(_accept, controller, is_whole=False),
        "accept_ghost": partial(_accept, controller, is_whole=True),
        "grow": partial(_resize_class, controller, is_growing=True),
        "shrink": partial(_resize_class, controller, is_growing=False),
        "clear_class": partial(_clear_class, controller),
        "next_conflict": partial(next_conflict, controller),
    }


def next_conflict(controller: ProjectController) -> None:
    """Open the photo that disagrees, centred on the spot."""
    found = controller.suggester.next_dissent()
    if found is None:
        controller.window.toast("No two photos disagree", "good")
        return
    controller.editor.open_photo(found.frame_idx)
    controller.panels.canvas.center_on(*found.pixel, _ZOOM)
    controller.message = f"outvoted on {found.points:,} points"
    controller.refresh()


def _accept(controller: ProjectController, *, is_whole: bool) -> None:
    """Accept the ghost that shows as predictions: of the active class, or all of it."""
    viewing, project, ghost = controller.editor.state, controller.project, controller.overlays.ghost
    if viewing.open_idx is None or ghost is None or not viewing.has_ghost:
        controller.window.toast("There is no ghost: open a photo and switch Ghost on")
        return
    class_ids = [viewing.class_id]
    if is_whole:
        class_ids = [c.class_id for c in project.taxonomy if c.class_id not in project.hidden]
    count = project.accept(viewing.open_idx, class_ids=class_ids, name="accept ghost")
    if not count:
        controller.window.toast("The ghost has nothing here that is neither painted nor accepted")
        return
    points = "1 point" if count == 1 else f"{count:,} points"
    controller.window.toast(
        f"Accepted the labels of {points}, as sure as they were; Ctrl+Z undoes it"
    )


def _resize_class(controller: ProjectController, *, is_growing: bool) -> None:
    viewing, project = controller.editor.state, controller.project
    if viewing.open_idx is None:
        return
    mask = project.mask(viewing.open_idx)
    edit: MaskEdit | None
    if is_growing:
        edit = grown(mask, viewing.class_id, radius=_RING)
    else:
        edit = shrunk(mask, viewing.class_id, radius=_RING)
    if edit is not None:
        project.paint_area(
            viewing.open_idx,
            edit.rect,
            coverage=edit.changed,
            class_id=viewing.class_id if is_growing else 0,
            protect=viewing.protect,
            name="grow" if is_growing else "shrink",
        )


def _clear_class(controller: ProjectController) -> None:
    viewing = controller.editor.state
    if viewing.open_idx is not None:
        controller.project.clear(viewing.open_idx, viewing.class_id)
