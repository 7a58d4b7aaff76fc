"""The eraser's key, tapped and held."""

from __future__ import annotations

import pytest

from o3d_paint.project.project import Project
from o3d_paint.ui import eraser_hold
from o3d_paint.ui.eraser_hold import EraserHold
from o3d_paint.ui.studio import Studio
from tests.project.scenes import strip_scene


@pytest.fixture
def studio() -> Studio:
    return Studio(Project(strip_scene()))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(eraser_hold.time, "monotonic", lambda: now[0])
    return now


def test_a_tap_takes_the_eraser(studio: Studio, clock: list[float]) -> None:
    hold = EraserHold(studio)
    hold.press()
    clock[0] += 0.1
    hold.release()
    assert studio.viewing.tool == "eraser"


def test_holding_brings_the_tool_before_back_in_spite_of_repeats(
    studio: Studio, clock: list[float]
) -> None:
    studio.choose_tool("polygon")
    hold = EraserHold(studio)
    for _ in range(4):
        hold.press()
        clock[0] += 0.3
    assert studio.viewing.tool == "eraser"
    hold.release()
    assert studio.viewing.tool == "polygon"


def test_a_tap_on_the_eraser_itself_stays(studio: Studio, clock: list[float]) -> None:
    studio.choose_tool("eraser")
    hold = EraserHold(studio)
    hold.press()
    clock[0] += 2.0
    hold.release()
    assert studio.viewing.tool == "eraser"


def test_a_stroke_while_the_key_is_down_makes_it_a_moment(
    studio: Studio, clock: list[float]
) -> None:
    studio.open_photo(0)
    hold = EraserHold(studio)
    hold.press()
    studio.press(5, 5, False)
    studio.drag(8, 5)
    studio.release()
    hold.release()
    assert studio.viewing.tool == "brush"
    hold.press()
    hold.release()
    assert studio.viewing.tool == "eraser"
