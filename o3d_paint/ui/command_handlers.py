"""What each command of the table does to the editor, the photo and the 3D view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from o3d_paint.core.views.orbit import Eye
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.cloud_view import CloudView
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_overlays import PhotoOverlays

__all__ = ["LookThrough", "edit_handlers", "paint_handlers", "view_handlers"]

Handlers = dict[str, Callable[[], object]]
_POINTS = 1.25


def paint_handlers(editor: Editor, canvas: PhotoCanvas, classes: ClassHandlers) -> Handlers:
    """Return what painting on photos needs, in whatever window."""
    return {
        **{
            name: partial(editor.choose_tool, name)
            for name, tool in TOOLS.items()
            if not tool.is_of_3d_view
        },
        "confirm": editor.confirm,
        "step_back": editor.step_back,
        "smaller": partial(editor.step_radius, -1),
        "bigger": partial(editor.step_radius, 1),
        "much_smaller": partial(editor.step_radius, -4),
        "much_bigger": partial(editor.step_radius, 4),
        "protect": lambda: editor.view(protect=not editor.state.protect),
        "ghost": lambda: editor.view(has_ghost=not editor.state.has_ghost),
        "conflicts": partial(editor.toggle_heat, "conflicts"),
        "confidence": partial(editor.toggle_heat, "confidence"),
        "coverage": partial(editor.toggle_heat, "coverage"),
        "color_mode": editor.next_mode,
        "colors_photo": partial(editor.set_mode, "photo"),
        "colors_labels": partial(editor.set_mode, "labels"),
        "colors_mix": partial(editor.set_mode, "mix"),
        "less_opacity": lambda: editor.set_opacity(editor.state.opacity - 0.1),
        "more_opacity": lambda: editor.set_opacity(editor.state.opacity + 0.1),
        "fit_photo": canvas.fit_photo,
        "previous_photo": partial(editor.step_photo, -1),
        "next_in_order": partial(editor.step_photo, 1),
        "swap_class": editor.swap_class,
        "classes": classes.search,
        "add_class": classes.add,
        **{f"class_{n}": partial(editor.choose_nth_class, n - 1) for n in range(1, 19)},
    }


def edit_handlers(
    editor: Editor,
    canvas: PhotoCanvas,
    overlays: PhotoOverlays,
    notices: Notices,
    *,
    class_of_spot: Callable[[], int],
) -> Handlers:
    """Return what changes the project and says so.

    Args:
        editor: Whose project.
        canvas: Knows where the pointer is.
        overlays: Know which class lies there.
        notices: Tells what was done.
        class_of_spot: Returns the class under the pointer in the 3D view.
    """
    project = editor.project

    def undo() -> None:
        name = project.undo()
        notices.say(f"undone: {name}" if name else "nothing to undo")

    def redo() -> None:
        name = project.redo()
        notices.say(f"redone: {name}" if name else "nothing to redo")

    def clear_photo() -> None:
        if editor.state.open_idx is not None:
            project.clear(editor.state.open_idx)

    def pick_class() -> None:
        cursor = canvas.cursor
        editor.choose_class(class_of_spot() if cursor is None else overlays.class_at(*cursor))

    return {"undo": undo, "redo": redo, "clear_photo": clear_photo, "pick_class": pick_class}


def view_handlers(editor: Editor, view: CloudView) -> Handlers:
    """Return what the program's own 3D view can do beside."""
    return {
        "through": lambda: editor.view(through=not editor.state.through),
        "only_this_photo": lambda: editor.view(only_this_photo=not editor.state.only_this_photo),
        "peek": lambda: editor.view(is_peeking=True),
        "bigger_points": partial(view.resize_points, _POINTS),
        "smaller_points": partial(view.resize_points, 1 / _POINTS),
        "home": lambda: view.fly(view.home),
        "look_through": LookThrough(editor, view).toggle,
    }


class LookThrough:
    """Flies to the open photo's camera, and back from there.

    Args:
        editor: Whose open photo.
        view: The 3D view.
    """

    def __init__(self, editor: Editor, view: CloudView) -> None:
        self._editor = editor
        self._view = view
        self._came_from: Eye | None = None

    def toggle(self) -> None:
        """Fly there, or back."""
        view, frame_idx = self._view, self._editor.state.open_idx
        if frame_idx is None or view.eye is None:
            return
        came_from, self._came_from = self._came_from, None
        if came_from is None:
            self._came_from = view.eye
            view.fly(self._eye_of(frame_idx))
        else:
            view.fly(came_from)

    def _eye_of(self, frame_idx: int) -> Eye:
        """Return an eye at a camera, as wide as its photo is high."""
        frame, view = self._editor.project.scene.frames[frame_idx], self._view
        position = frame.position - view.center
        forward = frame.world_from_cam[:3, 2]
        distance = max(view.home.distance * 0.3, 1e-3)
        return Eye.of_camera(frame, position, position + forward * distance, view.home.up)
