"""What each command of the table does while a scene is open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from o3d_paint.core.views.orbit import Eye
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.layout import LayoutMode
from o3d_paint.ui.photo_actions import next_conflict, photo_handlers
from o3d_paint.ui.workbench import Workbench

__all__ = ["desk_handlers", "release_handlers"]

_MODES: tuple[LayoutMode, ...] = ("both", "scene", "photo")
_POINTS, _CAMERAS = 1.25, 1.25


def desk_handlers(desk: Workbench, classes: ClassHandlers) -> dict[str, Callable[[], object]]:
    """Return a handler for each command that needs an open scene."""
    return {
        **_tool_handlers(desk),
        **photo_handlers(desk),
        **_view_handlers(desk),
        **_label_handlers(desk, classes),
    }


def release_handlers(desk: Workbench) -> dict[str, Callable[[], object]]:
    """Return what letting a held key go does."""
    return {
        "peek": lambda: desk.studio.view(is_peeking=False),
        "eraser": desk.eraser.release,
    }


def _tool_handlers(desk: Workbench) -> dict[str, Callable[[], object]]:
    studio = desk.studio
    return {
        "undo": partial(_undo, desk),
        "redo": partial(_redo, desk),
        "brush": partial(studio.choose_tool, "brush"),
        "eraser": desk.eraser.press,
        "polygon": partial(studio.choose_tool, "polygon"),
        "fill": partial(studio.choose_tool, "fill"),
        "assist": partial(studio.choose_tool, "assist"),
        "outline": partial(studio.choose_tool, "outline"),
        "brush_3d": partial(studio.choose_tool, "brush_3d"),
        "lasso_3d": partial(studio.choose_tool, "lasso_3d"),
        "through": lambda: studio.view(through=not studio.viewing.through),
        "confirm": partial(_confirm, desk),
        "step_back": studio.step_back,
        "smaller": partial(studio.step_radius, -1),
        "bigger": partial(studio.step_radius, 1),
        "much_smaller": partial(studio.step_radius, -4),
        "much_bigger": partial(studio.step_radius, 4),
        "protect": lambda: studio.view(protect=not studio.viewing.protect),
        "clear_photo": partial(_clear_photo, desk),
        "ghost": lambda: studio.view(has_ghost=not studio.viewing.has_ghost),
        "conflicts": partial(studio.toggle_heat, "conflicts"),
        "confidence": partial(studio.toggle_heat, "confidence"),
        "coverage": partial(studio.toggle_heat, "coverage"),
    }


def _view_handlers(desk: Workbench) -> dict[str, Callable[[], object]]:
    studio, shell, canvas = desk.studio, desk.shell, desk.wall.canvas
    return {
        "color_mode": studio.next_mode,
        "colors_photo": partial(studio.set_mode, "photo"),
        "colors_labels": partial(studio.set_mode, "labels"),
        "colors_mix": partial(studio.set_mode, "mix"),
        "only_this_photo": lambda: studio.view(only_this_photo=not studio.viewing.only_this_photo),
        "peek": lambda: studio.view(is_peeking=True),
        "less_opacity": lambda: studio.set_opacity(studio.viewing.opacity - 0.1),
        "more_opacity": lambda: studio.set_opacity(studio.viewing.opacity + 0.1),
        "bigger_points": partial(shell.cloud.resize_points, _POINTS),
        "smaller_points": partial(shell.cloud.resize_points, 1 / _POINTS),
        "cameras": partial(_toggle_cameras, desk),
        "thumbnails": desk.toggle_plane_photos,
        "bigger_cameras": partial(desk.frustums.resize, _CAMERAS),
        "smaller_cameras": partial(desk.frustums.resize, 1 / _CAMERAS),
        "home": lambda: shell.cloud.fly(shell.cloud.home),
        "fit_photo": canvas.fit_photo,
        "look_through": partial(_look_through, desk),
        "cycle_panels": partial(_cycle_panels, desk),
    }


def _label_handlers(desk: Workbench, classes: ClassHandlers) -> dict[str, Callable[[], object]]:
    studio = desk.studio
    return {
        "previous_photo": partial(studio.step_photo, -1),
        "next_in_order": partial(studio.step_photo, 1),
        "next_photo": partial(_next_photo, desk),
        "fuse": partial(_fuse, desk),
        "fuse_again": partial(_fuse_again, desk),
        "label_unsure": partial(_label_unsure, desk),
        "classes": classes.search,
        "swap_class": studio.swap_class,
        "pick_class": partial(_pick_class, desk),
        "add_class": classes.add,
        **{f"class_{n}": partial(studio.choose_nth_class, n - 1) for n in range(1, 19)},
    }


def _undo(desk: Workbench) -> None:
    name = desk.project.undo()
    desk.message = f"undone: {name}" if name else "nothing to undo"
    desk.refresh()


def _redo(desk: Workbench) -> None:
    name = desk.project.redo()
    desk.message = f"redone: {name}" if name else "nothing to redo"
    desk.refresh()


def _clear_photo(desk: Workbench) -> None:
    frame_idx = desk.studio.viewing.open_idx
    if frame_idx is not None:
        desk.project.clear(frame_idx)


def _toggle_cameras(desk: Workbench) -> None:
    desk.frustums.show(not desk.frustums.are_shown)


def _look_through(desk: Workbench) -> None:
    """Fly to the open photo's camera, and back from there."""
    cloud, frame_idx = desk.shell.cloud, desk.studio.viewing.open_idx
    if frame_idx is None or cloud.eye is None:
        return
    if desk.came_from is not None:
        cloud.fly(desk.came_from)
        desk.came_from = None
        return
    desk.came_from = cloud.eye
    cloud.fly(_eye_of(desk, frame_idx))


def _eye_of(desk: Workbench, frame_idx: int) -> Eye:
    """Return an eye at a camera, as wide as its photo is high."""
    frame = desk.project.scene.frames[frame_idx]
    cloud = desk.shell.cloud
    position = frame.position - cloud.center
    forward = frame.world_from_cam[:3, 2]
    distance = max(cloud.home.distance * 0.3, 1e-3)
    return Eye.of_camera(frame, position, position + forward * distance, cloud.home.up)


def _cycle_panels(desk: Workbench) -> None:
    shell = desk.shell
    shell.mode = _MODES[(_MODES.index(shell.mode) + 1) % len(_MODES)]
    shell.layout()


def _next_photo(desk: Workbench) -> None:
    suggested = desk.studio.suggested
    if suggested is None:
        desk.shell.toast("Every photo is painted", "good")
    else:
        desk.studio.open_photo(suggested)


def _fuse(desk: Workbench) -> None:
    """Show derived labels: compute them where they are missing or old, else switch them."""
    project = desk.project
    if project.fusion is not None and (project.fused_shown or not project.fusion_is_stale):
        desk.say("")
        project.show_fused(not project.fused_shown)
    else:
        _fuse_again(desk)


def _fuse_again(desk: Workbench) -> None:
    if not desk.project.has_paint:
        desk.shell.toast("Paint something first: fusing spreads paint to the whole cloud")
        return
    desk.say("")  # it was about a step before
    desk.fuse_share = 0.0
    desk.refresh()
    desk.project.request_fuse(then=partial(_tell_notes, desk))


def _tell_notes(desk: Workbench) -> None:
    """Say what a fusion left out, and of which classes it overruled paint."""
    for sentence in desk.project.fusion_notes():
        desk.shell.toast(sentence)


def _label_unsure(desk: Workbench) -> None:
    """Label everything that is reached, or leave out again what is unsure."""
    project = desk.project
    usual = FusionSettings().min_confidence
    project.set_min_confidence(usual if project.min_confidence <= 0 else 0.0)
    share = project.min_confidence
    desk.say(f"labels less sure than {share:g} are left out" if share else "unsure labels show too")


def _pick_class(desk: Workbench) -> None:
    cursor = desk.wall.canvas.cursor
    if cursor is None:
        desk.studio.choose_class(desk.spot_class)
    else:
        desk.studio.choose_class(desk.guides.class_at(*cursor))


def _confirm(desk: Workbench) -> None:
    """Enter: close the polygon under way; where conflicts show, go to the next one."""
    if not desk.studio.confirm() and desk.studio.viewing.heat == "conflicts":
        next_conflict(desk)
