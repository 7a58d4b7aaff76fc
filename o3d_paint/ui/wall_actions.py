"""What the panels' callbacks do: most go to the studio of the open scene, if there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.panels.class_panel import ClassActions
from o3d_paint.ui.panels.tool_options import ToolActions
from o3d_paint.ui.studio import EXTRA_TOOLS
from o3d_paint.ui.wall import WallActions

if TYPE_CHECKING:
    from o3d_paint.ui.class_actions import ClassHandlers
    from o3d_paint.ui.main_window import MainWindow
    from o3d_paint.ui.studio import Studio

__all__ = ["wall_actions"]


_FIGURES = {
    "painted": "coverage",
    "fused": "coverage",
    "confident": "confidence",
    "conflicts": "conflicts",
}


def wall_actions(window: MainWindow) -> WallActions:
    """Return callbacks that find the open scene when they are called."""

    def studio(use: Callable[[Studio], object]) -> None:
        if window.desk is not None:
            use(window.desk.studio)

    def classes(use: Callable[[ClassHandlers], object]) -> None:
        if window.desk is not None and window.classes is not None:
            use(window.classes)

    return WallActions(
        command=window.run_command,
        tool=_tool_actions(window, studio),
        classes=_class_actions(classes),
        canvas=_canvas_actions(window, studio),
        open_photo=lambda i: studio(lambda s: s.open_photo(i)),
        hover_photo=lambda i: studio(lambda s: s.view(hover_idx=i)),
        cancel_work=lambda: window.run_command("cancel"),
        figure=lambda name: window.run_command(_FIGURES[name]),
        move_splitter=window.splitter_moved,
        reset_splitter=window.splitter_reset,
        open_recent=lambda path: window.loading.open(Path(path)),
    )


def _tool_actions(
    window: MainWindow, studio: Callable[[Callable[[Studio], object]], None]
) -> ToolActions:
    return ToolActions(
        select_tool=lambda tool: (
            window.run_command(tool)
            if tool in EXTRA_TOOLS
            else studio(lambda s: s.choose_tool(tool))
        ),
        toggle_option=window.run_command,
        set_size=lambda size: studio(lambda s: s.set_radius(size)),
        set_opacity=lambda opacity: studio(lambda s: s.set_opacity(opacity)),
    )


def _class_actions(classes: Callable[[Callable[[ClassHandlers], object]], None]) -> ClassActions:
    return ClassActions(
        select=lambda i: classes(lambda c: c.select(i)),
        toggle_hidden=lambda i: classes(lambda c: c.toggle_hidden(i)),
        toggle_locked=lambda i: classes(lambda c: c.toggle_locked(i)),
        rename=lambda i: classes(lambda c: c.rename(i)),
        recolor=lambda i: classes(lambda c: c.recolor(i)),
        open_menu=lambda i, x, y: classes(lambda c: c.open_menu(i, x, y)),
        add=lambda: classes(lambda c: c.add()),
        move=lambda i, position: classes(lambda c: c.move(i, position)),
    )


def _canvas_actions(
    window: MainWindow, studio: Callable[[Callable[[Studio], object]], None]
) -> CanvasActions:
    def pick(u: float, v: float) -> None:
        if window.desk is not None:
            window.desk.studio.choose_class(window.desk.guides.class_at(u, v))

    return CanvasActions(
        press=lambda u, v, erasing, is_double, grip: studio(
            lambda s: s.press(
                u,
                v,
                erasing,
                is_double=is_double,
                grip=grip,
                modifiers=window.wall.canvas.modifiers,
            )
        ),
        drag=lambda u, v: studio(lambda s: s.drag(u, v)),
        release=lambda: studio(lambda s: s.release()),
        pick=pick,
        brush_steps=lambda steps: studio(lambda s: s.step_radius(steps)),
        hover=lambda at: studio(lambda s: s.hover(*at) if at is not None else s.leave()),
    )
