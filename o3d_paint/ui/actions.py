"""What each command of the table does while a scene is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from o3d_paint.core.views.orbit import Eye
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.layout import LayoutMode
from o3d_paint.ui.photo_actions import next_conflict, photo_handlers
from o3d_paint.ui.project_controller import ProjectController

__all__ = ["project_handlers", "release_handlers"]

_MODES: tuple[LayoutMode, ...] = ("both", "scene", "photo")
_POINTS, _CAMERAS = 1.25, 1.25


def project_handlers(
    controller: ProjectController, classes: ClassHandlers
) -> dict[str, Callable[[], object]]:
    """Return a handler for each command that needs an open scene."""
    return {
        **_tool_handlers(controller),
        **photo_handlers(controller),
        **_view_handlers(controller),
        **_label_handlers(controller, classes),
    }


def release_handlers(controller: ProjectController) -> dict[str, Callable[[], object]]:
    """Return what letting a held key go does."""
    return {
        "peek": lambda: controller.editor.view(is_peeking=False),
        "eraser": controller.eraser.release,
    }


def _tool_handlers(controller: ProjectController) -> dict[str, Callable[[], object]]:
    editor = controller.editor
    return {
        "undo": partial(_undo, controller),
        "redo": partial(_redo, controller),
        "brush": partial(editor.choose_tool, "brush"),
        "eraser": controller.eraser.press,
        "polygon": partial(editor.choose_tool, "polygon"),
        "fill": partial(editor.choose_tool, "fill"),
        "assist": partial(editor.choose_tool, "assist"),
        "outline": partial(editor.choose_tool, "outline"),
        "brush_3d": partial(editor.choose_tool, "brush_3d"),
        "lasso_3d": partial(editor.choose_tool, "lasso_3d"),
        "through": lambda: editor.view(through=not editor.state.through),
        "confirm": partial(_confirm, controller),
        "step_back": editor.step_back,
        "smaller": partial(editor.step_radius, -1),
        "bigger": partial(editor.step_radius, 1),
        "much_smaller": partial(editor.step_radius, -4),
        "much_bigger": partial(editor.step_radius, 4),
        "protect": lambda: editor.view(protect=not editor.state.protect),
        "clear_photo": partial(_clear_photo, controller),
        "ghost": lambda: editor.view(has_ghost=not editor.state.has_ghost),
        "conflicts": partial(editor.toggle_heat, "conflicts"),
        "confidence": partial(editor.toggle_heat, "confidence"),
        "coverage": partial(editor.toggle_heat, "coverage"),
    }


def _view_handlers(controller: ProjectController) -> dict[str, Callable[[], object]]:
    editor, window, canvas = controller.editor, controller.window, controller.panels.canvas
    return {
        "color_mode": editor.next_mode,
        "colors_photo": partial(editor.set_mode, "photo"),
        "colors_labels": partial(editor.set_mode, "labels"),
        "colors_mix": partial(editor.set_mode, "mix"),
        "only_this_photo": lambda: editor.view(only_this_photo=not editor.state.only_this_photo),
        "peek": lambda: editor.view(is_peeking=True),
        "less_opacity": lambda: editor.set_opacity(editor.state.opacity - 0.1),
        "more_opacity": lambda: editor.set_opacity(editor.state.opacity + 0.1),
        "bigger_points": partial(window.cloud.resize_points, _POINTS),
        "smaller_points": partial(window.cloud.resize_points, 1 / _POINTS),
        "cameras": partial(_toggle_cameras, controller),
        "thumbnails": controller.toggle_plane_photos,
        "bigger_cameras": partial(controller.frustums.resize, _CAMERAS),
        "smaller_cameras": partial(controller.frustums.resize, 1 / _CAMERAS),
        "home": lambda: window.cloud.fly(window.cloud.home),
        "fit_photo": canvas.fit_photo,
        "look_through": partial(_look_through, controller),
        "cycle_panels": partial(_cycle_panels, controller),
    }


def _label_handlers(
    controller: ProjectController, classes: ClassHandlers
) -> dict[str, Callable[[], object]]:
    editor = controller.editor
    return {
        "previous_photo": partial(editor.step_photo, -1),
        "next_in_order": partial(editor.step_photo, 1),
        "next_photo": partial(_next_photo, controller),
        "fuse": partial(_fuse, controller),
        "fuse_again": partial(_fuse_again, controller),
        "label_unsure": partial(_label_unsure, controller),
        "classes": classes.search,
        "swap_class": editor.swap_class,
        "pick_class": partial(_pick_class, controller),
        "add_class": classes.add,
        **{f"class_{n}": partial(editor.choose_nth_class, n - 1) for n in range(1, 19)},
    }


def _undo(controller: ProjectController) -> None:
    name = controller.project.undo()
    controller.message = f"undone: {name}" if name else "nothing to undo"
    controller.refresh()


def _redo(controller: ProjectController) -> None:
    name = controller.project.redo()
    controller.message = f"redone: {name}" if name else "nothing to redo"
    controller.refresh()


def _clear_photo(controller: ProjectController) -> None:
    frame_idx = controller.editor.state.open_idx
    if frame_idx is not None:
        controller.project.clear(frame_idx)


def _toggle_cameras(controller: ProjectController) -> None:
    controller.frustums.show(not controller.frustums.are_shown)


def _look_through(controller: ProjectController) -> None:
    """Fly to the open photo's camera, and back from there."""
    cloud, frame_idx = controller.window.cloud, controller.editor.state.open_idx
    if frame_idx is None or cloud.eye is None:
        return
    if controller.came_from is not None:
        cloud.fly(controller.came_from)
        controller.came_from = None
        return
    controller.came_from = cloud.eye
    cloud.fly(_eye_of(controller, frame_idx))


def _eye_of(controller: ProjectController, frame_idx: int) -> Eye:
    """Return an eye at a camera, as wide as its photo is high."""
    frame = controller.project.scene.frames[frame_idx]
    cloud = controller.window.cloud
    position = frame.position - cloud.center
    forward = frame.world_from_cam[:3, 2]
    distance = max(cloud.home.distance * 0.3, 1e-3)
    return Eye.of_camera(frame, position, position + forward * distance, cloud.home.up)


def _cycle_panels(controller: ProjectController) -> None:
    window = controller.window
    window.mode = _MODES[(_MODES.index(window.mode) + 1) % len(_MODES)]
    window.layout()


def _next_photo(controller: ProjectController) -> None:
    suggested = controller.editor.suggested
    if suggested is None:
        controller.window.toast("Every photo is painted", "good")
    else:
        controller.editor.open_photo(suggested)


def _fuse(controller: ProjectController) -> None:
    """Show derived labels: compute them where they are missing or old, else switch them."""
    project = controller.project
    if project.fusion is not None and (project.fused_shown or not project.fusion_is_stale):
        controller.say("")
        project.show_fused(not project.fused_shown)
    else:
        _fuse_again(controller)


def _fuse_again(controller: ProjectController) -> None:
    if not controller.project.has_paint:
        controller.window.toast("Paint something first: fusing spreads paint to the whole cloud")
        return
    controller.say("")  # it was about a step before
    controller.fuse_share = 0.0
    controller.refresh()
    controller.project.request_fuse(then=partial(_tell_notes, controller))


def _tell_notes(controller: ProjectController) -> None:
    """Say what a fusion left out, and of which classes it overruled paint."""
    for sentence in controller.project.fusion_notes():
        controller.window.toast(sentence)


def _label_unsure(controller: ProjectController) -> None:
    """Label everything that is reached, or leave out again what is unsure."""
    project = controller.project
    usual = FusionSettings().min_confidence
    project.set_min_confidence(usual if project.min_confidence <= 0 else 0.0)
    share = project.min_confidence
    controller.say(
        f"labels less sure than {share:g} are left out" if share else "unsure labels show too"
    )


def _pick_class(controller: ProjectController) -> None:
    cursor = controller.panels.canvas.cursor
    if cursor is None:
        controller.editor.choose_class(controller.spot_class)
    else:
        controller.editor.choose_class(controller.overlays.class_at(*cursor))


def _confirm(controller: ProjectController) -> None:
    """Enter: close the polygon under way; where conflicts show, go to the next one."""
    if not controller.editor.confirm() and controller.editor.state.heat == "conflicts":
        next_conflict(controller)
