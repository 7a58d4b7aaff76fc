"""What each panel shows, from the state of the work: pure functions, no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.photo_tools import has_photo_tools
from o3d_paint.project.project import Project
from o3d_paint.ui.canvas_style import CanvasStyle
from o3d_paint.ui.editor import MAX_RADIUS, MIN_RADIUS, Editor
from o3d_paint.ui.panels.class_panel import ClassPanelState
from o3d_paint.ui.panels.class_row import ClassRow
from o3d_paint.ui.panels.photo_strip import PhotoStripState
from o3d_paint.ui.panels.status_bar import ProgressState, StatusState, percent
from o3d_paint.ui.panels.thumbnail import ThumbnailItem
from o3d_paint.ui.panels.tool_options import ToolOptionsState
from o3d_paint.ui.panels.toolbar import TOOLBAR_IDS, ToolbarState

__all__ = [
    "Saving",
    "canvas_style",
    "checked_commands",
    "class_rows",
    "class_state",
    "gain_text",
    "options_state",
    "status_state",
    "strip_state",
    "toolbar_state",
]

_WITHOUT_SCENE = frozenset({"open", "help"})


@dataclass(frozen=True, slots=True)
class Saving:
    """What is known of the project's safety.

    Attributes:
        text: Such as "saved 14:02".
        has_unsaved: Whether something is in memory only.
    """

    text: str = ""
    has_unsaved: bool = False


def toolbar_state(editor: Editor | None, *, fuse_share: float | None) -> ToolbarState:
    """Return what the toolbar shows; without a project only opening works."""
    if editor is None:
        return ToolbarState(enabled=_WITHOUT_SCENE)
    project, state = editor.project, editor.state
    enabled = set(TOOLBAR_IDS)
    conditions = {
        "undo": project.history.undo_name is not None,
        "redo": project.history.redo_name is not None,
        "fuse": project.has_paint or project.fusion is not None,
        "only_this_photo": state.open_idx is not None,
        "next_photo": editor.suggested is not None,
    }
    enabled -= {name for name, holds in conditions.items() if not holds}
    toggled = {f"colors_{state.look.mode}"}
    if project.fused_shown:
        toggled.add("fuse")
    if state.only_this_photo:
        toggled.add("only_this_photo")
    return ToolbarState(
        enabled=frozenset(enabled),
        toggled=frozenset(toggled),
        fuse_share=fuse_share,
        is_fuse_stale=project.fused_shown and project.fusion_is_stale,
        next_gain=gain_text(editor),
    )


def checked_commands(
    editor: Editor | None, *, has_cameras: bool, has_plane_photos: bool
) -> frozenset[str]:
    """Return the commands that menus tick: the tool, the colours, and what is switched on."""
    if editor is None:
        return frozenset()
    state = editor.state
    switches = {
        "protect": state.protect,
        "ghost": state.has_ghost,
        "through": state.through,
        "only_this_photo": state.only_this_photo,
        "cameras": has_cameras,
        "thumbnails": has_plane_photos,
        "fuse": editor.project.fused_shown,
        "label_unsure": editor.project.min_confidence <= 0,
    }
    chosen = {state.tool, f"colors_{state.look.mode}"}
    if state.heat is not None:
        chosen.add(state.heat)
    return frozenset(chosen | {name for name, is_on in switches.items() if is_on})


def options_state(editor: Editor | None, tools: frozenset[str]) -> ToolOptionsState:
    """Return what the tool options show.

    Args:
        editor: None while nothing is open.
        tools: Ids of the tools that exist.
    """
    if editor is None:
        return ToolOptionsState(enabled=frozenset())
    state = editor.state
    if not editor.regions.frames:
        tools -= {"region"}
    if not has_photo_tools():
        tools -= {"plugin"}
    return ToolOptionsState(
        tool=state.tool,
        size=editor.radius,
        size_range=(MIN_RADIUS, MAX_RADIUS),
        has_size=state.tool in state.radii,
        opacity=state.opacity,
        options=frozenset(
            name
            for name, is_on in (
                ("protect", state.protect),
                ("ghost", state.has_ghost),
                ("through", state.through),
            )
            if is_on
        ),
        enabled=tools | {"protect", "ghost", "through"},
    )


def class_rows(project: Project, coverage: Coverage | None) -> tuple[ClassRow, ...]:
    """Return the rows of the class list, with the key that chooses each."""
    counts = {c.class_id: c.shown for c in coverage.classes} if coverage else {}
    rows = []
    for number, label_class in enumerate(project.taxonomy):
        count = counts.get(label_class.class_id, 0)
        rows.append(
            ClassRow(
                class_id=label_class.class_id,
                name=label_class.name,
                color=label_class.color,
                share=coverage.share(count) if coverage else 0.0,
                count=count,
                hidden=label_class.class_id in project.hidden,
                locked=label_class.class_id in project.locked,
                key=_key_of(number),
            )
        )
    return tuple(rows)


def class_state(editor: Editor | None, coverage: Coverage | None) -> ClassPanelState:
    """Return what the class list shows."""
    if editor is None:
        return ClassPanelState(can_add=False)
    return ClassPanelState(class_rows(editor.project, coverage), editor.state.class_id)


def strip_state(editor: Editor | None, thumbnails: Mapping[int, RgbArray]) -> PhotoStripState:
    """Return what the photo strip shows."""
    if editor is None:
        return PhotoStripState()
    project, suggested = editor.project, editor.suggested
    painted = set(project.painted_frames)
    items = tuple(
        ThumbnailItem(
            frame_idx=i,
            name=frame.name,
            thumbnail=thumbnails.get(i),
            state="painted" if i in painted else "untouched",
            is_suggested=i == suggested,
            gain=gain_text(editor) if i == suggested else "",
        )
        for i, frame in enumerate(project.scene.frames)
    )
    camera = project.scene.frames[0].camera if items else None
    aspect = camera.width / camera.height if camera is not None else 4 / 3
    state = editor.state
    return PhotoStripState(items, state.open_idx, state.hover_idx, aspect)


def status_state(
    editor: Editor | None,
    coverage: Coverage | None,
    *,
    conflicts: float | None,
    saving: Saving,
    message: str,
    progress: ProgressState | None,
) -> StatusState:
    """Return what the status bar shows."""
    if editor is None or coverage is None:
        return StatusState(message=message, progress=progress)
    frames, idx = editor.project.scene.frames, editor.state.open_idx
    photo = "" if idx is None else f"photo {idx + 1}/{len(frames)} · {frames[idx].name}"
    return StatusState(
        painted=coverage.share(coverage.painted),
        fused=coverage.share(coverage.fused),
        confident=coverage.share(coverage.confident),
        conflicts=conflicts,
        photo=photo,
        saved=saving.text,
        has_unsaved=saving.has_unsaved,
        message=message,
        progress=progress,
    )


def canvas_style(editor: Editor) -> CanvasStyle:
    """Return how the paint panel shows labels and brush."""
    project, state = editor.project, editor.state
    colors = project.taxonomy.color_table()
    visible = np.ones(len(colors), dtype=bool)
    visible[[c for c in project.hidden if c < len(colors)]] = False
    own = tuple(int(v) for v in colors[state.class_id])
    color = (255, 255, 255) if editor.tool.erases else own
    return CanvasStyle(
        colors=colors,
        visible=visible,
        opacity=0.0 if state.is_peeking else state.opacity,
        radius=state.radii.get(state.tool),
        brush_color=(color[0], color[1], color[2]),
    )


def gain_text(editor: Editor) -> str:
    """Return what painting the suggested photo would add to confident coverage, such as +4.2 %."""
    suggestion = editor.suggestion
    return "" if suggestion is None else f"+{percent(suggestion.gain).removeprefix('< ')}"


def _key_of(number: int) -> str:
    if number < 9:
        return str(number + 1)
    return f"⇧{number - 8}" if number < 18 else ""
