from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel, ClassPanelState
from o3d_paint.ui.panels.class_row import ClassRow
from o3d_paint.ui.panels.controls import Scrollbar
from o3d_paint.ui.panels.photo_strip import PhotoStrip, PhotoStripState
from o3d_paint.ui.panels.thumbnail import Thumbnail, ThumbnailItem
from tests.ui.panels.support import (
    centre,
    check_patches,
    check_picture,
    click,
    drag,
    item_of,
    move,
    press,
    wheel,
)


def rows_of(count: int) -> tuple[ClassRow, ...]:
    taxonomy = Taxonomy()
    for number in range(count):
        taxonomy = taxonomy.add(f"class {number}")
    return tuple(ClassRow(c.class_id, c.name, c.color, 0.1, 1000) for c in taxonomy)


@pytest.fixture
def said() -> list:
    return []


def class_panel_of(
    said: list, count: int, *, active: int | None = 1, width: int = 420, height: int = 240
) -> ClassPanel:
    names = ("select", "toggle_hidden", "toggle_locked", "rename", "recolor")
    heard = {name: (lambda class_id, name=name: said.append((name, class_id))) for name in names}
    panel = ClassPanel(
        ClassActions(
            **heard,
            open_menu=lambda class_id, x, y: said.append(("menu", class_id, x, y)),
            add=lambda: said.append("add"),
            move=lambda class_id, position: said.append(("move", class_id, position)),
        )
    )
    panel.resize(width, height, em=16)
    panel.set_model(ClassPanelState(rows_of(count), active))
    return panel


def test_each_part_of_a_row_does_its_own(said):
    panel = class_panel_of(said, 5)
    for part in ("eye:3", "lock:3", "chip:3", "add"):
        click(panel, part)
    assert said == [("toggle_hidden", 3), ("toggle_locked", 3), ("recolor", 3), "add"]


def test_a_click_on_a_row_chooses_and_a_double_click_renames(said):
    panel = class_panel_of(said, 5)
    click(panel, "row:4")
    click(panel, "row:4", is_double=True)
    assert said == [("select", 4), ("rename", 4)]


@pytest.mark.parametrize(
    ("row", "rows_down", "position"),
    [(2, 1, 2), (2, -1, 0), (1, 3, 3), (4, 5, 4), (5, -9, 0), (3, 0.6, 3), (3, 0.4, None)],
)
def test_a_row_is_dragged_to_another_place(said, row, rows_down, position):
    panel = class_panel_of(said, 5)
    pitch = item_of(panel, "row:2").box.y0 - item_of(panel, "row:1").box.y0
    x, y = press(panel, f"row:{row}")
    for share in (0.3, 0.7, 1.0):
        panel.pointer(PointerEvent("drag", x, y + share * rows_down * pitch, "left"))
    check_patches(panel)
    assert ("gap" in [i.key for i in panel.items]) == (abs(rows_down) > 0.5)
    panel.pointer(PointerEvent("up", x, y + rows_down * pitch, "left"))
    assert "gap" not in [i.key for i in panel.items]
    moves = [] if position is None else [("move", row, position)]
    assert said == [("select", row), *moves]


def test_a_row_goes_where_the_button_went_up_even_if_no_movement_was_seen(said):
    panel = class_panel_of(said, 5)
    x, y = press(panel, "row:1")
    pitch = item_of(panel, "row:2").box.y0 - item_of(panel, "row:1").box.y0
    panel.pointer(PointerEvent("up", x, y + 2 * pitch, "left"))
    assert said == [("select", 1), ("move", 1, 2)]


def test_a_row_dragged_below_a_long_list_scrolls_it(said):
    panel = class_panel_of(said, 40)
    x, _ = press(panel, "row:1")
    for _ in range(60):
        panel.pointer(PointerEvent("drag", x, 300, "left"))
    panel.pointer(PointerEvent("up", x, 300, "left"))
    assert said == [("select", 1), ("move", 1, 39)]


def test_menu_opens_from_its_button_and_by_the_right_button(said):
    panel = class_panel_of(said, 5)
    click(panel, "menu:2")
    x, y = press(panel, "row:5", button="right")
    panel.pointer(PointerEvent("up", x, y, "right"))
    button = item_of(panel, "menu:2").box
    assert said == [("menu", 2, button.x0, button.y1), ("menu", 5, int(x), int(y))]


def test_rows_show_their_colours(said):
    panel = class_panel_of(said, 5)
    picture = panel.draw()
    for row in rows_of(5):
        box = item_of(panel, f"chip:{row.class_id}").box
        assert tuple(picture[(box.y0 + box.y1) // 2, (box.x0 + box.x1) // 2]) == row.color


def test_a_hidden_class_shows_a_ring(said):
    panel = class_panel_of(said, 2)
    rows = rows_of(2)
    panel.set_model(ClassPanelState((replace(rows[0], hidden=True), rows[1]), 1))
    box = item_of(panel, "chip:1").box
    middle = panel.draw()[(box.y0 + box.y1) // 2, (box.x0 + box.x1) // 2]
    assert tuple(middle) == theme.PANEL
    assert "Show" in item_of(panel, "eye:1").tooltip


def test_only_rows_in_view_are_built(said):
    panel = class_panel_of(said, 64)
    rows = [i for i in panel.items if i.key.startswith("row:")]
    assert len(rows) <= 8
    assert any(isinstance(i, Scrollbar) for i in panel.items)


def test_every_class_can_be_reached_by_wheel(said):
    panel = class_panel_of(said, 64)
    seen = set()
    for _ in range(40):
        shown = [i for i in panel.items if i.key.startswith("row:")]
        seen |= {i.key for i in shown if i.seen == i.box}
        wheel(panel, shown[2].key, -1)
    assert len(seen) == 64


def test_what_the_wheel_brings_under_the_pointer_lights_up(said):
    panel = class_panel_of(said, 30)
    x, y = centre(item_of(panel, "row:4"))
    panel.pointer(PointerEvent("move", x, y))
    panel.pointer(PointerEvent("wheel", x, y, wheel=-1))
    after_wheel = panel.draw()
    panel.pointer(PointerEvent("move", x, y))
    np.testing.assert_array_equal(panel.draw(), after_wheel)


def test_scrollbar_goes_to_the_end(said):
    panel = class_panel_of(said, 64)
    bar = item_of(panel, "scrollbar")
    assert isinstance(bar, Scrollbar)
    thumb = bar.thumb()
    x = (thumb.x0 + thumb.x1) / 2
    panel.pointer(PointerEvent("move", x, thumb.y0 + 3))
    panel.pointer(PointerEvent("down", x, thumb.y0 + 3, "left"))
    panel.pointer(PointerEvent("drag", x, 5000, "left"))
    panel.pointer(PointerEvent("up", x, 5000, "left"))
    assert panel.item("row:64") is not None
    check_patches(panel)


def test_a_newly_active_class_comes_into_view(said):
    panel = class_panel_of(said, 64)
    assert panel.item("row:50") is None
    panel.set_model(ClassPanelState(rows_of(64), 50))
    row = item_of(panel, "row:50")
    assert row.seen == row.box


def test_laying_out_again_leaves_the_scrolling_alone(said):
    panel, strip = class_panel_of(said, 64), strip_of(said, 200, open_idx=0)
    for scrolled, key in ((panel, "row:1"), (strip, "photo:0")):
        wheel(scrolled, key, -20)
        assert scrolled.item(key) is None
        scrolled.resize(scrolled.box.width, scrolled.box.height, em=16)
        assert scrolled.item(key) is None
        scrolled.resize(scrolled.box.width + 1, scrolled.box.height, em=16)
        assert scrolled.item(key) is not None


def test_changing_one_row_redraws_that_row_alone(said):
    panel = class_panel_of(said, 5)
    before = panel.draw()
    rows = rows_of(5)
    changed = (*rows[:2], replace(rows[2], share=0.9), *rows[3:])
    panel.set_model(ClassPanelState(changed, 1))
    differs = (panel.draw() != before).any(axis=(1, 2))
    box = item_of(panel, "row:3").box
    assert differs[box.y0 : box.y1].any()
    assert not differs[: box.y0].any()
    assert not differs[box.y1 :].any()
    check_patches(panel)


def test_hover_lights_the_row_and_goes(said):
    panel = class_panel_of(said, 5)
    before = panel.draw()
    move(panel, "eye:3")
    assert panel.tooltip == "Hide class 2"
    assert (panel.draw() != before).any()
    panel.pointer(PointerEvent("leave", 0, 0))
    np.testing.assert_array_equal(panel.draw(), before)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 700),
    st.integers(1, 500),
    st.sampled_from([14, 16, 19.5, 24, 32]),
    st.lists(st.tuples(st.text(max_size=40), st.floats(0, 1), st.booleans()), max_size=70),
)
def test_any_list_can_be_drawn_at_any_size(width, height, em, classes):
    panel = class_panel_of([], 0)
    rows = tuple(
        ClassRow(n + 1, name, (n * 3 % 256, 80, 200), share, n, flag, not flag, str(n))
        for n, (name, share, flag) in enumerate(classes)
    )
    panel.set_model(ClassPanelState(rows, len(rows) // 2))
    panel.resize(width, height, em=em)
    check_picture(panel, width, height)
    panel.pointer(PointerEvent("wheel", width / 2, height / 2, wheel=-2))
    panel.pointer(PointerEvent("down", width / 2, height / 2, "left"))
    panel.pointer(PointerEvent("drag", width, height, "left"))
    check_patches(panel)


PICTURE = np.full((45, 60, 3), (10, 200, 30), dtype=np.uint8)


def strip_of(said: list, count: int, *, width: int = 900, **kind) -> PhotoStrip:
    strip = PhotoStrip(
        lambda idx: said.append(("open", idx)), lambda idx: said.append(("hover", idx))
    )
    strip.resize(width, PhotoStrip.preferred_height(16), em=16)
    items = tuple(ThumbnailItem(n, f"photo_{n:04d}.jpg", PICTURE) for n in range(count))
    strip.set_model(PhotoStripState(items, **kind))
    return strip


def test_a_click_opens_a_photo(said):
    click(strip_of(said, 4), "photo:2")
    assert said == [("hover", 2), ("open", 2)]


def test_hover_is_told_once_and_taken_back(said):
    strip = strip_of(said, 4)
    move(strip, "photo:1")
    move(strip, "photo:1")
    strip.pointer(PointerEvent("leave", 0, 0))
    assert said == [("hover", 1), ("hover", None)]


def test_dragging_the_strip_scrolls_it_and_opens_nothing(said):
    strip = strip_of(said, 200)
    drag(strip, "photo:5", -300, 0)
    assert not [word for word in said if word[0] == "open"]
    assert strip.item("photo:0") is None
    check_patches(strip)


def test_200_photos_build_only_those_in_view(said):
    strip = strip_of(said, 200, open_idx=120)
    shown = [i.item.frame_idx for i in strip.items if isinstance(i, Thumbnail)]
    assert len(shown) < 15
    assert 120 in shown
    box = item_of(strip, "photo:120")
    assert box.seen == box.box


def test_the_wheel_reaches_every_photo(said):
    strip = strip_of(said, 200)
    seen = set()
    for _ in range(120):
        shown = [i for i in strip.items if isinstance(i, Thumbnail)]
        seen |= {i.item.frame_idx for i in shown}
        wheel(strip, shown[1].key, -1)
    assert seen == set(range(200))


def test_only_missing_thumbnails_in_view_are_wanted(said):
    strip = strip_of(said, 0)
    items = tuple(ThumbnailItem(n, f"{n}", None if n % 2 else PICTURE) for n in range(200))
    strip.set_model(PhotoStripState(items))
    assert strip.wanted[:3] == (1, 3, 5)
    assert max(strip.wanted) < 20


def test_thumbnail_open_and_suggested_ones_are_framed(said):
    strip = strip_of(said, 4, open_idx=1)
    items = [ThumbnailItem(n, f"{n}", PICTURE) for n in range(4)]
    items[2] = replace(items[2], is_suggested=True, gain="+4.2 %")
    strip.set_model(PhotoStripState(tuple(items), open_idx=1))
    picture = strip.draw()

    def corner(idx: int) -> tuple:
        box = item_of(strip, f"photo:{idx}").box
        return tuple(int(v) for v in picture[box.y0, box.x0])

    assert corner(0) == (10, 200, 30)
    assert corner(1) == theme.ACCENT
    assert corner(2) == theme.WARNING


def test_a_state_changes_the_mark(said):
    strip = strip_of(said, 2)
    before = strip.draw()
    painted = tuple(ThumbnailItem(n, f"photo_{n:04d}.jpg", PICTURE, "painted") for n in range(2))
    strip.set_model(PhotoStripState(painted))
    after = strip.draw()
    assert (after == theme.ACCENT).all(axis=2).sum() > (before == theme.ACCENT).all(axis=2).sum()


def test_items_with_the_same_picture_are_equal():
    item = ThumbnailItem(1, "a", PICTURE)
    assert item == replace(item)
    assert item != replace(item, thumbnail=PICTURE.copy())
    assert hash(item) == hash(replace(item))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 1600),
    st.integers(1, 200),
    st.sampled_from([14, 16, 24, 32]),
    st.integers(0, 220),
    st.floats(0.2, 4),
    st.sampled_from(["untouched", "painted", "done"]),
)
def test_any_strip_can_be_drawn_at_any_size(width, height, em, count, aspect, state):
    strip = PhotoStrip(lambda idx: None, lambda idx: None)
    items = tuple(
        ThumbnailItem(n, "photo" * n, PICTURE if n % 3 else None, state, n == 2, "+1 %")
        for n in range(count)
    )
    strip.set_model(PhotoStripState(items, count // 2, 1, aspect))
    strip.resize(width, height, em=em)
    check_picture(strip, width, height)
    strip.pointer(PointerEvent("wheel", 5, 5, wheel=-3))
    strip.pointer(PointerEvent("move", width / 2, height / 2))
    check_patches(strip)
