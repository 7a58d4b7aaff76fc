from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.box import Box
from o3d_paint.ui.panels.controls import Slider
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Item
from o3d_paint.ui.panels.scrolling import Scroll
from tests.ui.panels.support import check_patches, click, move, press


class Two(ItemPanel):
    """A big button under a small one, and one that is off."""

    def __init__(self):
        super().__init__()
        self.said = []
        self.text = "A"

    def build(self):
        return [
            Button(key="under", box=Box(0, 0, 60, 40), text=self.text, tooltip="below"),
            Button(key="over", box=Box(40, 10, 60, 30), icon="x", tooltip="above"),
            Button(key="off", box=Box(70, 0, 100, 40), icon="x", is_enabled=False),
        ]

    def on_click(self, item: Item, event: PointerEvent) -> None:
        self.said.append(item.key)


@pytest.fixture
def panel() -> Two:
    panel = Two()
    panel.resize(100, 40, em=16)
    return panel


def test_the_topmost_thing_gets_the_click(panel):
    click(panel, "over")
    panel.pointer(PointerEvent("down", 10, 20, "left"))
    panel.pointer(PointerEvent("up", 10, 20, "left"))
    assert panel.said == ["over", "under"]


def test_letting_go_elsewhere_takes_the_click_back(panel):
    press(panel, "over")
    panel.pointer(PointerEvent("drag", 5, 5, "left"))
    panel.pointer(PointerEvent("up", 5, 5, "left"))
    assert panel.said == []


def test_what_is_disabled_says_nothing(panel):
    click(panel, "off")
    assert panel.said == []


def test_tooltip_follows_the_pointer(panel):
    move(panel, "over")
    assert panel.tooltip == "above"
    panel.pointer(PointerEvent("leave", 0, 0))
    assert panel.tooltip == ""


def test_only_what_changed_is_redrawn_and_nothing_else_differs(panel):
    blank = panel.draw()
    assert not panel.is_dirty
    move(panel, "over")
    assert panel.is_dirty
    hovered = panel.draw()
    changed = (hovered != blank).any(axis=2)
    assert changed[10:30, 40:60].any()
    assert not changed[:, 60:].any()
    check_patches(panel)
    press(panel, "over")
    assert (panel.draw() != hovered).any()
    check_patches(panel)
    panel.pointer(PointerEvent("leave", 0, 0))
    panel.pointer(PointerEvent("up", -5, -5, "left"))
    np.testing.assert_array_equal(panel.draw(), blank)


def test_rebuilding_the_same_keeps_the_panel_clean(panel):
    panel.draw()
    panel.rebuild()
    assert not panel.is_dirty
    panel.text = "B"
    panel.rebuild()
    assert panel.is_dirty
    check_patches(panel)


def test_drawings_are_the_callers_own(panel):
    first = panel.draw()
    copy = first.copy()
    move(panel, "over")
    panel.draw()
    np.testing.assert_array_equal(first, copy)


@given(st.integers(40, 400), st.floats(0, 1))
def test_slider_knob_is_where_a_click_would_put_it(width, share):
    slider = Slider(key="s", box=Box(3, 0, 3 + width, 28), share=share, name_width=10)
    track = slider.track()
    x = track.x0 + share * (track.width - 1)
    assert slider.share_at(x) == pytest.approx(share, abs=1e-6)
    assert slider.share_at(-1e6) == 0
    assert slider.share_at(1e6) == 1


@given(st.integers(0, 5000), st.integers(1, 500), st.integers(1, 40), st.integers(-100, 6000))
def test_scrolling_stays_inside_and_shows_what_it_covers(content, visible, pitch, offset):
    scroll = Scroll()
    count = content // pitch
    scroll.fit(count * pitch, visible)
    scroll.to(offset)
    assert 0 <= scroll.offset <= max(0, scroll.content - visible)
    shown = scroll.range(pitch, count)
    for number in range(count):
        is_seen = number * pitch < scroll.offset + visible and (number + 1) * pitch > scroll.offset
        assert (number in shown) == is_seen


def test_scrollbar_drags_from_end_to_end():
    scroll = Scroll()
    scroll.fit(1000, 100)
    bar = scroll.bar(Box(0, 0, 10, 100))
    scroll.grip(bar, bar.thumb().y0 + 1)
    scroll.drag(scroll.bar(bar.box), 1000)
    assert scroll.offset == 900
    assert scroll.bar(bar.box).thumb().y1 == 100
    scroll.drag(scroll.bar(bar.box), -1000)
    assert scroll.offset == 0


def test_buttons_show_their_state():
    def ground(**kind) -> tuple[int, int, int]:
        class One(ItemPanel):
            def build(self):
                return [Button(key="b", box=Box(0, 0, 60, 30), **kind)]

        panel = One()
        panel.resize(60, 30, em=16)
        r, g, b = panel.draw()[4, 30]
        return int(r), int(g), int(b)

    assert ground(icon="x") == theme.PANEL
    assert ground(icon="x", is_on=True) == theme.ACCENT_FILL
    assert ground(icon="x", is_raised=True) == theme.RAISED
    assert ground(icon="x", is_raised=True, is_danger=True) == theme.DANGER_FILL
    assert ground(icon="x", is_primary=True, is_enabled=False) == theme.RAISED
