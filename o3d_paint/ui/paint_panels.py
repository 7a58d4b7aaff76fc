"""The panels that one opened project is painted with: photo, tools, classes, strip."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from o3d_paint.core.arrays import RgbArray
from o3d_paint.project.coverage import Coverage
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import models
from o3d_paint.ui.canvas_style import CanvasActions
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.commands import tooltip_of
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.frames import PaintFrame
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.empty_states import EmptyNote, EmptyNoteState
from o3d_paint.ui.panels.panel import Panel
from o3d_paint.ui.panels.photo_strip import PhotoStrip, PhotoStripState
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from o3d_paint.ui.photo_canvas import PhotoCanvas
from o3d_paint.ui.photo_overlays import PhotoOverlays

__all__ = ["PaintPanels", "empty_panels"]

_SWITCHES = ("protect", "ghost", "through")


class PaintPanels:
    """The panels, each of which calls the editor itself.

    Args:
        editor: What the user does with the project.
        classes: What the class list does.
        overlays: Knows which class lies under the pointer.
        run_command: Does a command by its id.
        tools: Ids of the tools that there are here.
    """

    def __init__(
        self,
        editor: Editor,
        classes: ClassHandlers,
        overlays: PhotoOverlays,
        *,
        run_command: Callable[[str], None],
        tools: frozenset[str],
    ) -> None:
        self._editor = editor
        self._tools = tools
        self.canvas = PhotoCanvas(self._canvas_actions(overlays))
        self.note = EmptyNote()
        self.note.set_model(EmptyNoteState())
        self.options = ToolOptions(
            ToolActions(
                select_tool=lambda tool: (
                    run_command(tool) if TOOLS[tool].needs_something else editor.choose_tool(tool)
                ),
                toggle_option=run_command,
                set_size=editor.set_radius,
                set_opacity=editor.set_opacity,
            ),
            tooltips={i: tooltip_of(i) for i in (*tools, *_SWITCHES)},
        )
        self.classes = ClassPanel(
            ClassActions(
                select=classes.select,
                toggle_hidden=classes.toggle_hidden,
                toggle_locked=classes.toggle_locked,
                rename=classes.rename,
                recolor=classes.recolor,
                open_menu=classes.open_menu,
                add=classes.add,
                move=classes.move,
            )
        )
        self.strip = PhotoStrip(editor.open_photo, lambda i: editor.view(hover_idx=i))

    def show_in(self, frame: PaintFrame) -> None:
        """Take the places of the panels that a window shows now."""
        for name, panel in (
            ("options", self.options),
            ("canvas", self.note),
            ("classes", self.classes),
            ("strip", self.strip),
        ):
            frame.panel_host(name).swap(panel)

    def show_canvas(self, frame: PaintFrame, *, has_photo: bool) -> None:
        """Show the photo, or what to do to get one."""
        host = frame.panel_host("canvas")
        panel: Panel = self.canvas if has_photo else self.note
        if host.panel is not panel:
            host.swap(panel)
            frame.layout()

    def feed(self, coverage: Coverage | None, thumbnails: Mapping[int, RgbArray]) -> None:
        """Give all but the photo what they say now."""
        self.options.set_model(models.options_state(self._editor, self._tools))
        self.classes.set_model(models.class_state(self._editor, coverage))
        self.strip.set_model(models.strip_state(self._editor, thumbnails))

    def _canvas_actions(self, overlays: PhotoOverlays) -> CanvasActions:
        editor = self._editor
        return CanvasActions(
            press=lambda u, v, erasing, is_double, grip: editor.press(
                u,
                v,
                erasing,
                is_double=is_double,
                grip=grip,
                modifiers=self.canvas.modifiers,
            ),
            drag=editor.drag,
            release=editor.release,
            pick=lambda u, v: editor.choose_class(overlays.class_at(u, v)),
            brush_steps=editor.step_radius,
            hover=lambda at: editor.hover(*at) if at is not None else editor.leave(),
        )


def empty_panels() -> dict[str, Panel]:
    """Return what stands in the same places while nothing is open, by name."""

    def nothing(*_of_that: object) -> None:
        """Nothing is open."""

    options = ToolOptions(ToolActions(*[nothing] * 4))
    options.set_model(models.options_state(None, frozenset()))
    classes = ClassPanel(ClassActions(*[nothing] * 8))
    classes.set_model(models.class_state(None, None))
    strip = PhotoStrip(nothing, nothing)
    strip.set_model(PhotoStripState())
    note = EmptyNote()
    note.set_model(EmptyNoteState("image", "Photos are painted here", "Open a scene first."))
    return {"options": options, "canvas": note, "classes": classes, "strip": strip}
