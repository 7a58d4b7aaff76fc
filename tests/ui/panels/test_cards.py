from __future__ import annotations

import colorsys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.ui.events import KeyEvent, PointerEvent
from o3d_paint.ui.panels.color_picker import SWATCHES, ColorPicker, ColorPickerState
from o3d_paint.ui.panels.empty_states import (
    EmptyNote,
    EmptyNoteState,
    RecentScene,
    Welcome,
    WelcomeState,
)
from o3d_paint.ui.panels.popup import Paragraph
from o3d_paint.ui.panels.statistics import ClassFigures, Statistics, StatisticsState
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.panels.text import Font, wrapped
from tests.ui.panels.support import (
    check_patches,
    check_picture,
    click,
    drag,
    item_of,
    press,
    wheel,
)

RED = (204, 51, 17)


@pytest.fixture
def said() -> list:
    return []


@pytest.fixture
def picker(said) -> ColorPicker:
    panel = ColorPicker(
        lambda color: said.append(("try", color)),
        lambda color: said.append(("use", color)),
        lambda: said.append("cancel"),
    )
    panel.set_model(ColorPickerState("Colour of roof", RED, frozenset({SWATCHES[0]})))
    panel.resize(*panel.preferred_size(1200, 700, em=16), em=16)
    return panel


def test_swatches_are_tried_then_used(picker, said):
    click(picker, "swatch:6")
    click(picker, "accept")
    assert said == [("try", SWATCHES[6]), ("use", SWATCHES[6])]


def test_cancel_and_keys(picker, said):
    click(picker, "cancel")
    picker.key(KeyEvent("Escape", True))
    picker.key(KeyEvent("Enter", True))
    assert said == ["cancel", "cancel", ("use", RED)]


def test_corners_of_the_square_are_white_black_and_the_pure_hue(picker):
    drag(picker, "square", -2000, -2000)
    assert picker.color == (255, 255, 255)
    drag(picker, "square", -2000, 2000)
    assert picker.color == (0, 0, 0)
    drag(picker, "square", 2000, -2000)
    hue, saturation, value = colorsys.rgb_to_hsv(*(v / 255 for v in picker.color))
    assert (saturation, value) == (1, 1)
    assert hue == pytest.approx(colorsys.rgb_to_hsv(*(v / 255 for v in RED))[0], abs=0.01)


def test_hue_survives_a_visit_to_black(picker):
    drag(picker, "square", 0, 2000)
    drag(picker, "square", 2000, -2000)
    assert picker.color[0] == 255
    assert picker.color[2] < 80


def test_the_square_shows_the_colour_that_a_click_there_gives(picker):
    square = item_of(picker, "square").box
    picture = picker.draw()
    for share_x, share_y in ((0.2, 0.3), (0.7, 0.8), (0.5, 0.5)):
        x = square.x0 + round(share_x * (square.width - 1))
        y = square.y0 + round(share_y * (square.height - 1))
        picker.pointer(PointerEvent("down", x, y, "left"))
        picker.pointer(PointerEvent("up", x, y, "left"))
        assert max(abs(int(a) - b) for a, b in zip(picture[y, x], picker.color, strict=True)) <= 4
    check_patches(picker)


def test_the_band_runs_through_all_hues(picker):
    picker.set_model(ColorPickerState(color=(255, 0, 0)))
    band = item_of(picker, "hue").box
    picker.pointer(PointerEvent("down", band.x0 + (band.width - 1) * 2 / 3, band.y0 + 3, "left"))
    picker.pointer(PointerEvent("up", 0, 0, "left"))
    assert picker.color[2] == 255
    assert max(picker.color[:2]) <= 4


FIGURES = (
    ClassFigures("walls", (10, 120, 200), 300, 0.3, "2 m²", 2.0, 4, 7),
    ClassFigures("roof", (200, 120, 10), 900, 0.6, "12 m²", 12.0, 2, 0),
    ClassFigures("base", (20, 20, 200), 100, 0.1, "", 0.0, 9, 90),
)


def statistics_of(said: list, rows=FIGURES) -> Statistics:
    panel = Statistics(lambda: said.append("copy"), lambda: said.append("close"))
    panel.set_model(StatisticsState(rows, "1 200 points have no label"))
    panel.resize(*panel.preferred_size(1200, 700, em=16), em=16)
    return panel


def shown(panel: Statistics) -> list[str]:
    return [i.row.name for i in panel.items if i.key.startswith("row:")]


def test_statistics_sort_by_any_column_both_ways(said):
    panel = statistics_of(said)
    assert shown(panel) == ["walls", "roof", "base"]
    click(panel, "sort:points")
    assert shown(panel) == ["roof", "walls", "base"]
    click(panel, "sort:points")
    assert shown(panel) == ["base", "walls", "roof"]
    click(panel, "sort:name")
    assert shown(panel) == ["base", "roof", "walls"]
    click(panel, "sort:area_value")
    assert shown(panel) == ["roof", "walls", "base"]
    check_patches(panel)


def test_statistics_copy_and_close(said):
    panel = statistics_of(said)
    click(panel, "copy")
    panel.key(KeyEvent("c", True, modifiers=frozenset({"ctrl"})))
    click(panel, "close")
    panel.key(KeyEvent("Escape", True))
    assert said == ["copy", "copy", "close", "close"]


def test_statistics_say_who_disagrees_and_where_the_table_goes(said):
    panel = statistics_of(said)
    panel.set_model(StatisticsState(FIGURES, "", "Photos disagree most: a – b 12", copies=False))
    texts = [getattr(item, "text", "") for item in panel.items]
    assert "Photos disagree most: a – b 12" in texts
    assert "Save as CSV…" in texts
    assert "Copy as CSV" not in texts


def test_statistics_of_many_classes_scroll(said):
    panel = statistics_of(said, FIGURES * 30)
    before = shown(panel)
    keys = [i.key for i in panel.items if i.key.startswith("row:")]
    wheel(panel, "row:3", -3)
    assert len(before) == len(keys) < 90
    assert {i.key for i in panel.items if i.key.startswith("row:")} != set(keys)


def welcome_of(said: list, state: WelcomeState, width: int = 900, height: int = 640) -> Welcome:
    panel = Welcome(lambda: said.append("open"), lambda: said.append("sample"), said.append)
    panel.resize(width, height, em=16)
    panel.set_model(state)
    return panel


RECENT = tuple(RecentScene(f"/data/{n}/scene.npz", f"scene {n}", "15 photos") for n in range(9))


def test_welcome_opens_files_sample_and_recent_ones(said):
    panel = welcome_of(said, WelcomeState(RECENT))
    for key in ("open", "sample", "recent:1"):
        click(panel, key)
    assert said == ["open", "sample", "/data/1/scene.npz"]


def test_welcome_shows_only_recent_scenes_that_fit(said):
    panel = welcome_of(said, WelcomeState(RECENT), height=420)
    rows = [i for i in panel.items if i.key.startswith("recent:")]
    assert 0 < len(rows) < 6
    assert max(row.box.y1 for row in rows) <= 420


def test_welcome_while_loading_offers_nothing_to_press(said):
    panel = welcome_of(said, WelcomeState(RECENT, ProgressState("Loading", 0.5)))
    assert not [i for i in panel.items if i.is_solid]
    before = panel.draw()
    panel.set_model(WelcomeState(RECENT, ProgressState("Loading", 0.9)))
    assert (panel.draw() != before).any()


@pytest.mark.parametrize("width", [200, 420, 900])
def test_empty_note_says_what_to_do_in_whole_words(width):
    note = EmptyNote()
    note.resize(width, 400, em=16)
    note.set_model(EmptyNoteState())
    for key, size in (("title", note.metrics.title), ("text", note.metrics.body)):
        item = item_of(note, key)
        assert isinstance(item, Paragraph)
        lines = wrapped(item.text, Font(size), item.box.width)
        assert " ".join(lines) == item.text
        assert len(lines) * round(size * 1.5) <= item.box.height


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 1300),
    st.integers(1, 900),
    st.sampled_from([14, 16, 24, 32]),
    st.sampled_from(["welcome", "loading", "note", "picker", "statistics"]),
)
def test_cards_can_be_drawn_at_any_size(width, height, em, kind):
    panel = {
        "welcome": lambda: welcome_of([], WelcomeState(RECENT)),
        "loading": lambda: welcome_of([], WelcomeState(progress=ProgressState("x" * 90))),
        "note": EmptyNote,
        "picker": lambda: ColorPicker(*[lambda *values: None] * 3),
        "statistics": lambda: statistics_of([], FIGURES * 9),
    }[kind]()
    panel.resize(width, height, em=em)
    check_picture(panel, width, height)
    for share in (0.2, 0.5, 0.8):
        panel.pointer(PointerEvent("move", width * share, height * share))
        check_patches(panel)


def test_presses_outside_of_everything_are_nothing(picker, said):
    picker.pointer(PointerEvent("down", 1, 1, "left"))
    picker.pointer(PointerEvent("drag", 90, 90, "left"))
    picker.pointer(PointerEvent("up", 90, 90, "left"))
    assert said == []
    x, y = press(picker, "accept")
    picker.pointer(PointerEvent("up", x, y + 500, "left"))
    assert said == []


def test_statistics_promise_nothing_while_they_are_counted(said):
    panel = statistics_of(said)
    panel.set_model(StatisticsState(FIGURES, "Counting…", is_counting=True))
    click(panel, "copy")
    assert said == []
    pictures = []
    for photos in (0, 4):
        row = ClassFigures("walls", (10, 120, 200), 300, 0.3, photos=photos)
        panel.set_model(StatisticsState((row,), is_counting=True))
        pictures.append(panel.draw().copy())
    assert (pictures[0] == pictures[1]).all()
