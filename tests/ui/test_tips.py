"""Tooltips appear beside the thing that they speak of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from o3d_paint.ui import tips as module
from o3d_paint.ui.layout import Place
from o3d_paint.ui.panels.tooltip import Tooltip
from o3d_paint.ui.tips import Tips


class _Host:
    """Where a card would be shown."""

    def __init__(self) -> None:
        self.visible = True
        self.at: tuple[int, int] = (0, 0)

    def show(self, visible: bool) -> None:
        self.visible = visible

    def place(self, rect: Any, _em: float) -> None:
        self.at = rect.x, rect.y


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: clock.now)
    return clock


def _tips(content: Place) -> tuple[Tips, _Host]:
    host = _Host()
    tips = Tips(host, Tooltip())  # type: ignore[arg-type]
    tips.tick(content, 16.0)
    return tips, host


def test_a_card_follows_to_the_next_thing_even_where_frames_are_slow(
    clock: SimpleNamespace,
) -> None:
    content = Place(0, 0, 1280, 720)
    tips, host = _tips(content)

    def rest(x: int, y: int, text: str) -> tuple[int, int]:
        tips.point(x, y, text)
        for _ in range(3):
            clock.now += 0.4
            tips.tick(content, 16.0)
        assert host.visible
        return host.at[0] - x, host.at[1] - y

    first = rest(800, 90, "Polygon (G)")
    # No event lies between the two things: the pointer was faster than the frames.
    assert rest(1150, 600, "Lock walls") == first
    # Within one thing the card stays.
    place = host.at
    tips.point(1160, 600, "Lock walls")
    tips.tick(content, 16.0)
    assert host.at == place


def test_a_card_that_comes_or_goes_leaves_an_open_menu_alone(clock: SimpleNamespace) -> None:
    content = Place(0, 24, 1280, 696)
    tips, host = _tips(content)
    tips.point(900, 500, "elsewhere")
    clock.now += 2.0
    tips.point(270, 60, "what lies below the menu")
    tips.cover()
    clock.now += 0.1
    tips.point(275, 62, "what lies below the next entry")
    clock.now += 1.0
    tips.tick(content, 16.0)
    assert not host.visible
