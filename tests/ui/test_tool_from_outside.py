"""A tool that is declared in one place, here, is in every place that shows or runs tools."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.project.gestures import Point, Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.tool_spec import ToolParts, ToolSpec
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import models
from o3d_paint.ui.command_handlers import paint_handlers
from o3d_paint.ui.commands import command_of, commands, help_rows, tooltip_of
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.events import KeyEvent
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from tests.conftest import ROOT
from tests.project.scenes import strip_scene
from tests.ui.panels.support import click


class DotTool(Tool):
    """A dot where the button goes down."""

    def __init__(self, parts: ToolParts) -> None:
        self._project = parts.project

    def press(self, context: ToolContext, point: Point) -> None:
        stroke = Stroke(np.array([point]), context.radius, context.class_id)
        self._project.paint(context.frame_idx, stroke)


@pytest.fixture(autouse=True)
def dots(monkeypatch: pytest.MonkeyPatch) -> ToolSpec:
    spec = ToolSpec(
        "dots",
        "Dots",
        "info",
        DotTool,
        keys=("Z",),
        hint="A dot a click",
        radius=9.0,
    )
    monkeypatch.setitem(TOOLS, "dots", spec)
    return spec


def test_menu_key_and_tooltip() -> None:
    command = next(c for c in commands() if c.command_id == "dots")
    assert (command.title, command.group, command.icon) == ("Dots", "Edit", "info")
    assert command.in_menu
    assert command_of(KeyEvent("z", is_down=True)) is command
    assert tooltip_of("dots") == "A dot a click (Z)"


def docs_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "scripts" / "docs_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_overlay_and_page_of_keys() -> None:
    assert ("Dots", ("Z",), "Edit") in help_rows()
    page_of_keys = docs_tables().keys
    assert "| Dots | `Z` |" in page_of_keys()


def test_button_that_takes_it_and_a_gesture_that_paints() -> None:
    editor = Editor(Project(strip_scene()))
    editor.open_photo(0)
    panel = ToolOptions(ToolActions(editor.choose_tool, print, print, print))
    panel.resize(900, 60, em=16.0)
    panel.set_model(models.options_state(editor, frozenset(TOOLS)))
    button = panel.item("dots")
    assert button is not None
    assert button.tooltip == "A dot a click"
    click(panel, "dots")
    assert editor.state.tool == "dots"
    assert models.canvas_style(editor).radius == 9.0
    assert models.options_state(editor, frozenset(TOOLS)).has_size
    assert "dots" in models.checked_commands(editor, has_cameras=True, has_plane_photos=True)
    editor.press(80, 500, False)
    editor.release()
    assert np.count_nonzero(editor.project.mask(0)) > 200
    assert editor.project.undo()
    assert not editor.project.mask(0).any()


def test_its_command_takes_it() -> None:
    editor = Editor(Project(strip_scene()))
    handlers = paint_handlers(editor, _Anything(), _Anything())  # type: ignore[arg-type]
    handlers["dots"]()
    assert editor.state.tool == "dots"


class _Anything:
    def __getattr__(self, name: str) -> object:
        return lambda *_: None
