"""Commands that change the open photo's paint as a whole, or go where photos disagree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from o3d_paint.core.mask import MaskEdit
from o3d_paint.core.selection.morphology import grown, shrunk
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_overlays import PhotoOverlays
from o3d_paint.ui.photo_suggester import PhotoSuggester

__all__ = ["photo_handlers", "suggestion_handlers"]

_RING = 4
"""Width of a ring in mask pixels, of 1080 lines or more."""
_ZOOM = 2.5


def photo_handlers(
    editor: Editor, overlays: PhotoOverlays, notices: Notices
) -> dict[str, Callable[[], object]]:
    """Return the handlers by command id."""
    return {
        "accept_class": partial(_accept, editor, overlays, notices, is_whole=False),
        "accept_ghost": partial(_accept, editor, overlays, notices, is_whole=True),
        "grow": partial(_resize_class, editor, is_growing=True),
        "shrink": partial(_resize_class, editor, is_growing=False),
        "clear_class": partial(_clear_class, editor),
    }


def suggestion_handlers(
    editor: Editor, suggester: PhotoSuggester, canvas: PhotoCanvas, notices: Notices
) -> dict[str, Callable[[], object]]:
    """Return the handlers of commands that go to another photo."""

    def next_photo() -> None:
        if editor.suggested is None:
            notices.toast("Every photo is painted", "good")
        else:
            editor.open_photo(editor.suggested)

    def next_conflict() -> None:
        """Open the photo that disagrees, centred on the spot."""
        found = suggester.next_dissent()
        if found is None:
            notices.toast("No two photos disagree", "good")
            return
        editor.open_photo(found.frame_idx)
        canvas.center_on(*found.pixel, _ZOOM)
        notices.say(f"outvoted on {found.points:,} points")

    def confirm() -> None:
        """Enter: close the polygon under way; where conflicts show, go to the next one."""
        if not editor.confirm() and editor.state.heat == "conflicts":
            next_conflict()

    return {"next_photo": next_photo, "next_conflict": next_conflict, "confirm": confirm}


def _accept(editor: Editor, overlays: PhotoOverlays, notices: Notices, *, is_whole: bool) -> None:
    """Accept the ghost that shows as predictions: of the active class, or all of it."""
    state, project, ghost = editor.state, editor.project, overlays.ghost
    if state.open_idx is None or ghost is None or not state.has_ghost:
        notices.toast("There is no ghost: open a photo and switch Ghost on")
        return
    class_ids = [state.class_id]
    if is_whole:
        class_ids = [c.class_id for c in project.taxonomy if c.class_id not in project.hidden]
    count = project.accept(state.open_idx, class_ids=class_ids, name="accept ghost")
    if not count:
        notices.toast("The ghost has nothing here that is neither painted nor accepted")
        return
    points = "1 point" if count == 1 else f"{count:,} points"
    notices.toast(f"Accepted the labels of {points}, as sure as they were; Ctrl+Z undoes it")


def _resize_class(editor: Editor, *, is_growing: bool) -> None:
    state, project = editor.state, editor.project
    if state.open_idx is None:
        return
    mask = project.mask(state.open_idx)
    edit: MaskEdit | None
    if is_growing:
        edit = grown(mask, state.class_id, radius=_RING)
    else:
        edit = shrunk(mask, state.class_id, radius=_RING)
    if edit is not None:
        project.paint_area(
            state.open_idx,
            edit.rect,
            coverage=edit.changed,
            class_id=state.class_id if is_growing else 0,
            protect=state.protect,
            name="grow" if is_growing else "shrink",
        )


def _clear_class(editor: Editor) -> None:
    state = editor.state
    if state.open_idx is not None:
        editor.project.clear(state.open_idx, state.class_id)
