"""The eraser's key, tapped and held."""

from __future__ import annotations

import pytest

from o3d_paint.project.project import Project
from o3d_paint.ui import held_tool
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.held_tool import HeldTool
from tests.project.scenes import strip_scene


@pytest.fixture
def editor() -> Editor:
    return Editor(Project(strip_scene()))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(held_tool.time, "monotonic", lambda: now[0])
    return now


def test_a_tap_takes_the_eraser(editor: Editor, clock: list[float]) -> None:
    hold = HeldTool(editor, "eraser")
    hold.press()
    clock[0] += 0.1
    hold.release()
    assert editor.state.tool == "eraser"


def test_holding_brings_the_tool_before_back_in_spite_of_repeats(
    editor: Editor, clock: list[float]
) -> None:
    editor.choose_tool("polygon")
    hold = HeldTool(editor, "eraser")
    for _ in range(4):
        hold.press()
        clock[0] += 0.3
    assert editor.state.tool == "eraser"
    hold.release()
    assert editor.state.tool == "polygon"


def test_a_tap_on_the_eraser_itself_stays(editor: Editor, clock: list[float]) -> None:
    editor.choose_tool("eraser")
    hold = HeldTool(editor, "eraser")
    hold.press()
    clock[0] += 2.0
    hold.release()
    assert editor.state.tool == "eraser"


def test_a_stroke_while_the_key_is_down_makes_it_a_moment(
    editor: Editor, clock: list[float]
) -> None:
    editor.open_photo(0)
    hold = HeldTool(editor, "eraser")
    hold.press()
    editor.press(5, 5, False)
    editor.drag(8, 5)
    editor.release()
    hold.release()
    assert editor.state.tool == "brush"
    hold.press()
    hold.release()
    assert editor.state.tool == "eraser"
