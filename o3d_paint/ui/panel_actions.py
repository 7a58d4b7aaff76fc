"""What the panels' callbacks do: most go to the editor of the open scene, if there is one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.editor import EXTRA_TOOLS
from o3d_paint.ui.main_panels import PanelActions
from o3d_paint.ui.panels.class_panel import ClassActions
from o3d_paint.ui.panels.tool_options import ToolActions

if TYPE_CHECKING:
    from o3d_paint.ui.class_actions import ClassHandlers
    from o3d_paint.ui.editor import Editor
    from o3d_paint.ui.main_window import MainWindow

__all__ = ["panel_actions"]


_FIGURES = {
    "painted": "coverage",
    "fused": "coverage",
    "confident": "confidence",
    "conflicts": "conflicts",
}


def panel_actions(main: MainWindow) -> PanelActions:
    """Return callbacks that find the open scene when they are called."""

    def editor(use: Callable[[Editor], object]) -> None:
        if main.controller is not None:
            use(main.controller.editor)

    def classes(use: Callable[[ClassHandlers], object]) -> None:
        if main.controller is not None and main.classes is not None:
            use(main.classes)

    return PanelActions(
        command=main.run_command,
        tool=_tool_actions(main, editor),
        classes=_class_actions(classes),
        canvas=_canvas_actions(main, editor),
        open_photo=lambda i: editor(lambda s: s.open_photo(i)),
        hover_photo=lambda i: editor(lambda s: s.view(hover_idx=i)),
        cancel_work=lambda: main.run_command("cancel"),
        figure=lambda name: main.run_command(_FIGURES[name]),
        move_splitter=main.splitter_moved,
        reset_splitter=main.splitter_reset,
        open_recent=lambda path: main.loading.open(Path(path)),
    )


def _tool_actions(
    main: MainWindow, editor: Callable[[Callable[[Editor], object]], None]
) -> ToolActions:
    return ToolActions(
        select_tool=lambda tool: (
            main.run_command(tool) if tool in EXTRA_TOOLS else editor(lambda s: s.choose_tool(tool))
        ),
        toggle_option=main.run_command,
        set_size=lambda size: editor(lambda s: s.set_radius(size)),
        set_opacity=lambda opacity: editor(lambda s: s.set_opacity(opacity)),
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
    main: MainWindow, editor: Callable[[Callable[[Editor], object]], None]
) -> CanvasActions:
    def pick(u: float, v: float) -> None:
        if main.controller is not None:
            main.controller.editor.choose_class(main.controller.overlays.class_at(u, v))

    return CanvasActions(
        press=lambda u, v, erasing, is_double, grip: editor(
            lambda s: s.press(
                u,
                v,
                erasing,
                is_double=is_double,
                grip=grip,
                modifiers=main.panels.canvas.modifiers,
            )
        ),
        drag=lambda u, v: editor(lambda s: s.drag(u, v)),
        release=lambda: editor(lambda s: s.release()),
        pick=pick,
        brush_steps=lambda steps: editor(lambda s: s.step_radius(steps)),
        hover=lambda at: editor(lambda s: s.hover(*at) if at is not None else s.leave()),
    )
