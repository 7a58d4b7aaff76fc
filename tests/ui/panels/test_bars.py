from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from o3d_paint.project.tools import TOOLS
from o3d_paint.ui import theme
from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.panels.controls import Slider, Switch
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.items import Button, Label, button_width
from o3d_paint.ui.panels.splitter import Splitter
from o3d_paint.ui.panels.status_bar import ProgressState, StatusBar, StatusState, percent
from o3d_paint.ui.panels.text import Font, text_width
from o3d_paint.ui.panels.tool_options import (
    OPTION_IDS,
    ToolActions,
    ToolOptions,
    ToolOptionsState,
)
from o3d_paint.ui.panels.toolbar import TOOLBAR_IDS, Toolbar, ToolbarState
from tests.ui.panels.support import (
    centre,
    check_patches,
    click,
    drag,
    item_of,
    move,
    wheel,
)

SIZES = [(14, 1280), (16, 1280), (16, 1600), (24, 1280), (32, 1280)]


def toolbar_of(said: list, *, width: int = 1280, em: float = 16, **kind) -> Toolbar:
    toolbar = Toolbar(said.append, **kind)
    toolbar.resize(width, Toolbar.preferred_height(em), em=em)
    return toolbar


@pytest.mark.parametrize(("em", "width"), SIZES)
def test_toolbar_has_a_button_for_every_command(em, width):
    said = []
    toolbar = toolbar_of(said, width=width, em=em)
    for command in TOOLBAR_IDS:
        click(toolbar, command)
    assert said == list(TOOLBAR_IDS)


@pytest.mark.parametrize("width", range(560, 1700, 60))
def test_toolbar_names_are_whole_and_buttons_apart(width):
    toolbar = toolbar_of([], width=width)
    toolbar.set_model(ToolbarState(next_gain="+12.4 %"))
    buttons = [i for i in toolbar.items if i.is_solid]
    assert len(buttons) == len(TOOLBAR_IDS)
    for before, after in pairwise(buttons):
        assert before.box.x1 <= after.box.x0
    assert buttons[-1].box.x1 <= width
    for button in buttons:
        if isinstance(button, Button) and button.text:
            needed = button_width(toolbar.metrics, button.text, icon=True)
            assert button.box.width >= needed


def test_toolbar_shows_names_where_there_is_room_for_them():
    texts = {i.key: i.text for i in toolbar_of([]).items if isinstance(i, Button)}
    assert texts["open"] == "Open"
    assert texts["next_photo"] == "Next photo"


def test_toolbar_disables_and_toggles():
    said = []
    toolbar = toolbar_of(said)
    toolbar.set_model(ToolbarState(enabled=frozenset({"undo"}), toggled=frozenset({"fuse"})))
    click(toolbar, "save")
    click(toolbar, "undo")
    assert said == ["undo"]
    box = item_of(toolbar, "only_this_photo").box
    toolbar.set_model(ToolbarState(toggled=frozenset({"only_this_photo"})))
    assert tuple(toolbar.draw()[box.y0 + 3, (box.x0 + box.x1) // 2]) == theme.ACCENT_FILL


def test_toolbar_tooltips_can_name_the_key():
    toolbar = toolbar_of([], tooltips={"undo": "Undo (Ctrl+Z)"})
    move(toolbar, "undo")
    assert toolbar.tooltip == "Undo (Ctrl+Z)"
    move(toolbar, "open")
    assert toolbar.tooltip == "Open a scene"


def test_toolbar_fuse_progress_grows():
    toolbar = toolbar_of([])

    def blue_pixels(share: float) -> int:
        toolbar.set_model(ToolbarState(fuse_share=share))
        return int((toolbar.draw() == theme.ACCENT).all(axis=2).sum())

    assert blue_pixels(0.1) < blue_pixels(0.5) < blue_pixels(1.0)


def test_toolbar_stays_clean_for_an_equal_state():
    toolbar = toolbar_of([])
    toolbar.draw()
    toolbar.set_model(ToolbarState())
    assert not toolbar.is_dirty
    toolbar.set_model(ToolbarState(is_fuse_stale=True))
    assert toolbar.is_dirty


@pytest.fixture
def said() -> list:
    return []


@pytest.fixture
def options(said) -> ToolOptions:
    actions = ToolActions(
        select_tool=lambda tool: said.append(("tool", tool)),
        toggle_option=lambda option: said.append(("option", option)),
        set_size=lambda size: said.append(("size", size)),
        set_opacity=lambda opacity: said.append(("opacity", opacity)),
    )
    panel = ToolOptions(actions)
    panel.resize(480, ToolOptions.preferred_height(480, 16), em=16)
    return panel


def test_every_tool_and_option_can_be_chosen(options, said):
    # Tools that need a file or a package show only where there is one.
    assert options.item("region") is None
    options.set_model(ToolOptionsState(enabled=frozenset(TOOLS)))
    for name in TOOLS:
        click(options, name)
    options.set_model(ToolOptionsState())
    for name in ("protect", "ghost"):
        click(options, name)
    # Ghosts belong to photos; a tool of the 3D view has another switch in their place.
    options.set_model(ToolOptionsState(tool="brush_3d"))
    click(options, "through")
    tools = [("tool", name) for name in TOOLS]
    assert said == [*tools, *(("option", name) for name in OPTION_IDS)]


def test_size_slider_is_logarithmic_and_opacity_is_not(options, said):
    options.set_model(ToolOptionsState(size_range=(1.0, 256.0)))
    slider = item_of(options, "size")
    assert isinstance(slider, Slider)
    track = slider.track()
    options.pointer(
        PointerEvent("down", track.x0 + (track.width - 1) / 2, slider.box.y0 + 9, "left")
    )
    assert said.pop() == ("size", pytest.approx(16))
    options.pointer(PointerEvent("up", 0, 0, "left"))
    drag(options, "opacity", 1000, 300)
    assert said[-1] == ("opacity", 1)
    drag(options, "opacity", -1000, -300)
    assert said[-1] == ("opacity", 0)


def test_slider_shows_what_it_was_set_to(options):
    for size in (1.0, 20.0, 400.0):
        options.set_model(ToolOptionsState(size=size))
        slider = item_of(options, "size")
        assert isinstance(slider, Slider)
        least, greatest = ToolOptionsState().size_range
        assert least * (greatest / least) ** slider.share == pytest.approx(size)
    assert slider.value == "400 px"


def test_wheel_turns_sliders_within_bounds(options, said):
    options.set_model(ToolOptionsState(opacity=0.99))
    wheel(options, "opacity", 1)
    wheel(options, "opacity", -1)
    assert said == [("opacity", 1), ("opacity", pytest.approx(0.95))]


def test_tools_without_size_leave_the_slider_alone(options, said):
    options.set_model(ToolOptionsState(tool="polygon", has_size=False))
    click(options, "size")
    wheel(options, "size", 1)
    assert said == []


@pytest.mark.parametrize("width", [360, 480, 640, 1000])
@pytest.mark.parametrize(("tool", "second"), [("brush", "ghost"), ("brush_3d", "through")])
def test_every_switch_has_a_place_at_any_width(options, width, tool, second):
    options.set_model(ToolOptionsState(tool=tool))
    options.resize(width, ToolOptions.preferred_height(width, 16), em=16)
    assert {i.key for i in options.items if isinstance(i, Switch)} == {"protect", second}


@pytest.mark.parametrize("width", range(340, 1300, 80))
def test_options_do_not_overlap(options, width):
    options.resize(width, ToolOptions.preferred_height(width, 16), em=16)
    boxes = [i.box for i in options.items]
    for number, box in enumerate(boxes):
        assert box.x1 <= width
        assert not any(box.meets(other) for other in boxes[number + 1 :])


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (0.0004, "< 0.1 %"),
        (0.0042, "0.4 %"),
        (0.24, "24 %"),
        (0.9999, "99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent_never_rounds_to_nothing_or_all(share, words):
    assert percent(share) == words


STATUS = StatusState(0.24, 0.98, 0.91, 0.004, "photo 7/15 · IMG_0412", "saved 14:02")


def status_of(said: list, state: StatusState, width: int = 1280) -> StatusBar:
    bar = StatusBar(lambda: said.append("cancel"), said.append)
    bar.resize(width, StatusBar.preferred_height(16), em=16)
    bar.set_model(state)
    return bar


def test_status_bar_says_it_all_at_1280(said):
    progress = ProgressState("Fusing", 0.4)
    bar = status_of(said, StatusState(*[getattr(STATUS, n) for n in
                    ("painted", "fused", "confident", "conflicts", "photo", "saved")],
                    progress=progress))  # fmt: skip
    keys = {i.key for i in bar.items}
    assert keys >= {"painted", "fused", "confident", "conflicts", "photo", "saved", "progress"}
    for item in bar.items:
        if isinstance(item, Label):
            assert text_width(item.text, Font(bar.metrics.small)) <= item.box.width
    click(bar, "conflicts")
    click(bar, "cancel")
    assert said == ["conflicts", "cancel"]


def test_status_bar_without_progress_has_nothing_to_cancel(said):
    assert status_of(said, STATUS).item("cancel") is None


@pytest.mark.parametrize("width", range(60, 1300, 70))
def test_status_entries_never_overlap(said, width):
    state = StatusState(0.24, 0.98, 0.91, 0.004, "photo 7/15", "saved 14:02", False, "a message",
                        ProgressState("Fusing", None, 0.3))  # fmt: skip
    boxes = [i.box for i in status_of(said, state, width).items]
    for number, box in enumerate(boxes):
        assert not any(box.meets(other) for other in boxes[number + 1 :])


def test_splitter_follows_the_pointer_and_resets():
    said = []
    splitter = Splitter(said.append, lambda: said.append("reset"))
    splitter.resize(8, 300, em=16)
    drag(splitter, "grip", 40, 0)
    assert said == [10, 20, 30, 40]
    click(splitter, "grip", is_double=True)
    assert said[-1] == "reset"


def all_bars() -> list[ItemPanel]:
    actions = ToolActions(*[lambda value: None] * 4)
    return [toolbar_of([]), ToolOptions(actions), status_of([], STATUS), Splitter(print, print)]


@pytest.mark.parametrize("panel", all_bars(), ids=lambda panel: type(panel).__name__)
def test_hovering_redraws_the_same_as_a_whole_drawing(panel):
    panel.resize(900, 80, em=16)
    panel.draw()
    rng = np.random.default_rng(3)
    for item in panel.items:
        if item.is_solid:
            x, y = centre(item)
            panel.pointer(PointerEvent("move", x, y))
            check_patches(panel)
    for kind in ("down", "drag", "up", "move") * 6:
        x, y = rng.uniform(0, 900), rng.uniform(0, 80)
        button = None if kind == "move" else "left"
        panel.pointer(PointerEvent(kind, x, y, button))
        check_patches(panel)


@pytest.mark.parametrize("em", [16.0, 32.0])
@pytest.mark.parametrize("width_em", [20, 22, 25, 29, 30, 40, 57, 58, 90])
def test_sliders_keep_their_names_and_values(options, width_em: int, em: float) -> None:
    panel, width = options, int(width_em * em)
    panel.resize(width, ToolOptions.preferred_height(width, em), em=em)
    panel.set_model(ToolOptionsState(options=frozenset({"protect"})))
    items = {item.key: item for item in panel.items}
    for key in ("size", "opacity"):
        slider = items[key]
        assert slider.name_width, key
        assert slider.value_width, key
        assert slider.track().width >= 2 * em, "and there is something to drag along"
    assert {"protect", "ghost"} <= items.keys()
    for item in items.values():
        assert item.box.y1 <= panel.box.height
        assert item.box.x1 <= width
    boxes = [item.box for item in items.values()]
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = box.x1 <= other.x0 or other.x1 <= box.x0
            assert apart or box.y1 <= other.y0 or other.y1 <= box.y0
