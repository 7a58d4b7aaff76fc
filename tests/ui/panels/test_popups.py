from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.ui import theme
from o3d_paint.ui.commands import help_rows
from o3d_paint.ui.events import KeyEvent
from o3d_paint.ui.panels.class_row import ClassRow
from o3d_paint.ui.panels.class_search import ClassSearch, found
from o3d_paint.ui.panels.dialog import Dialog, DialogButton, DialogState
from o3d_paint.ui.panels.help_overlay import HelpOverlay, HelpRow
from o3d_paint.ui.panels.hints import HINTS, HintCard
from o3d_paint.ui.panels.items import Button, Label, button_width
from o3d_paint.ui.panels.menu import Menu, MenuEntry, class_menu
from o3d_paint.ui.panels.popup import Paragraph, Popup
from o3d_paint.ui.panels.text import Font, text_width, wrapped
from o3d_paint.ui.panels.toasts import Toast, ToastQueue, Toasts
from o3d_paint.ui.panels.tooltip import Tooltip
from tests.ui.panels.support import check_patches, check_picture, click, item_of, move

ROOF = ClassRow(3, "roof", (200, 50, 20))


def fitted(popup, em: float = 16, width: int = 1200, height: int = 640):
    w, h = popup.preferred_size(width, height, em=em)
    assert 1 <= w <= width
    assert 1 <= h <= height
    popup.resize(w, h, em=em)
    check_picture(popup, w, h)
    return popup


def press_keys(popup: Popup, *keys: str) -> list[bool]:
    return [popup.key(KeyEvent(key, True)) for key in keys]


@pytest.fixture
def said() -> list:
    return []


def menu_of(said: list, entries: tuple[MenuEntry, ...]) -> Menu:
    menu = Menu(said.append, lambda: said.append("dismissed"))
    menu.set_model(entries)
    return fitted(menu)


def test_menu_of_a_class_offers_what_can_be_done(said):
    entries = class_menu(ROOF, position=0, count=5, is_on_photo=True)
    menu = menu_of(said, entries)
    for entry in entries:
        if entry.entry_id:
            click(menu, entry.entry_id)
    expected = ["rename", "recolor", "move_down", "merge", "clear_photo", "delete"]
    assert said == expected  # the first class cannot move up


def test_menu_words_are_whole(said):
    menu = menu_of(said, class_menu(ROOF, position=1, count=5, is_on_photo=True))
    for item in menu.items:
        if item.is_solid:
            entry = item.entry
            room = item.box.width - menu.metrics.icon - menu.metrics.grid(6)
            assert text_width(entry.text, Font(menu.metrics.body)) <= room


def test_menu_by_keys_passes_over_what_is_off(said):
    menu = menu_of(said, class_menu(ROOF, position=0, count=5, is_on_photo=True))
    assert all(press_keys(menu, "Down", "Down", "Down", "Enter"))
    assert said == ["move_down"]
    press_keys(menu, "Up", "Up", "Up", "Enter", "Escape")
    assert said == ["move_down", "delete", "dismissed"]
    assert press_keys(menu, "b") == [False]


def test_toasts_stay_fade_and_go():
    queue = ToastQueue()
    queue.add("Saved", "good", now=10)
    queue.add("Broken", "error", now=10)
    assert [t.opacity for t in queue.at(10)] == [1, 1]
    fading = next(q for t in range(1000) if (q := queue.at(10 + t / 100))[0].opacity < 1)
    assert 0 < fading[0].opacity < 1
    assert fading[1].opacity == 1
    assert [t.text for t in queue.at(16)] == ["Broken"]
    assert queue.at(60) == ()


def test_the_same_toast_again_stays_longer_and_shows_once():
    queue = ToastQueue()
    queue.add("Saved", now=0)
    queue.add("Saved", now=3)
    assert queue.at(5) == (Toast("Saved"),)


def test_toasts_do_not_pile_up():
    queue = ToastQueue()
    for number in range(20):
        queue.add(f"{number}", now=0)
    assert len(queue.at(0)) == 4
    queue.dismiss(0)
    queue.dismiss(99)
    assert [t.text for t in queue.at(0)] == ["17", "18", "19"]


def test_a_click_takes_a_toast_away(said):
    toasts = Toasts(said.append)
    toasts.set_model((Toast("one"), Toast("two\nlines", "error")))
    fitted(toasts)
    click(toasts, "toast:1")
    assert said == [1]
    check_patches(toasts)


def test_faded_toasts_are_the_ground():
    toasts = Toasts(lambda number: None)
    toasts.set_model((Toast("gone", "error", 0.0),))
    fitted(toasts)
    assert (toasts.draw() == theme.SCENE).all()


DELETE = DialogState(
    "Delete roof?",
    "It is painted on 4 photos. The paint goes with it; undo brings both back.",
    (
        DialogButton("cancel", "Keep it"),
        DialogButton("merge", "Merge into another…", is_primary=True),
        DialogButton("delete", "Delete", is_danger=True),
    ),
    icon="triangle-alert",
)


def dialog_of(said: list, state: DialogState, em: float = 16) -> Dialog:
    dialog = Dialog(said.append)
    dialog.set_model(state)
    return fitted(dialog, em)


def test_dialog_gives_the_answer_of_the_button_or_key(said):
    dialog = dialog_of(said, DELETE)
    for answer in DELETE.buttons:
        click(dialog, answer.button_id)
    press_keys(dialog, "Enter", "Escape")
    assert said == ["cancel", "merge", "delete", "merge", "cancel"]


@pytest.mark.parametrize("em", [14, 16, 24, 32])
def test_dialog_shows_all_its_words(said, em):
    dialog = dialog_of(said, DELETE, em)
    m = dialog.metrics
    text = item_of(dialog, "text")
    assert isinstance(text, Paragraph)
    lines = wrapped(text.text, Font(m.body), text.box.width)
    assert len(lines) * round(m.body * 1.5) <= text.box.height
    for answer in DELETE.buttons:
        assert item_of(dialog, answer.button_id).box.width >= button_width(m, answer.text)


def test_dialog_keeps_room_for_a_text_field(said):
    buttons = (DialogButton("cancel", "Cancel"), DialogButton("rename", "Rename", is_primary=True))
    state = DialogState("Rename class", "", buttons, has_field=True, error="That name is taken")
    dialog = dialog_of(said, state)
    field = dialog.field_box
    assert field.cut(dialog.box) == field
    for key in ("title", "error", "cancel", "rename"):
        assert not item_of(dialog, key).box.meets(field)


def test_a_menu_longer_than_the_window_scrolls_to_each_entry(said):
    menu = Menu(said.append, lambda: None)
    menu.set_model(tuple(MenuEntry(f"e{n}", f"Entry {n}") for n in range(40)))
    fitted(menu, height=300)
    assert item_of(menu, "scrollbar").box.cut(menu.box) == item_of(menu, "scrollbar").box
    press_keys(menu, "Up", "Up")
    last = item_of(menu, "e38")
    assert last.seen == last.box
    check_patches(menu)
    click(menu, "e38")
    assert said == ["e38"]


def test_dialog_is_as_wide_as_a_long_path_needs():
    path = "/home/somebody/captures/2026/the old harbour/warehouses_labelled_version_17.ply"
    state = DialogState("Save as PLY", "", (), has_field=True, field_text=path)
    dialog = Dialog(lambda _: None)
    dialog.set_model(state)
    fitted(dialog)
    assert dialog.field_box.width > 1.1 * text_width(path, Font(dialog.metrics.body))
    fitted(dialog, width=300)


KEYS = tuple(
    HelpRow(f"Command {group}.{number}", ("Ctrl+Shift+Z", "Ctrl+Y"), f"Group {group}")
    for group in range(6)
    for number in range(9)
)


@pytest.mark.parametrize(("width", "height", "em"), [(1200, 640, 16), (2400, 1300, 32)])
def test_help_shows_every_command_at_once_where_there_is_room(width, height, em):
    overlay = HelpOverlay(lambda: None)
    overlay.set_model(KEYS)
    fitted(overlay, em, width, height)
    rows = [i for i in overlay.items if i.key.startswith("row:")]
    assert len(rows) == len(KEYS)
    assert all(row.seen == row.box for row in rows)
    assert all(a is b or not a.box.meets(b.box) for a in rows for b in rows)


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000), (1920, 1080)])
def test_help_shows_all_keys_of_the_program_in_even_columns(size):
    overlay = HelpOverlay(lambda: None)
    overlay.set_model([HelpRow(*row) for row in help_rows()])
    # What the window leaves of itself: the menu bar above, a margin around.
    fitted(overlay, 16, size[0] - 32, size[1] - 24 - 32)
    rows = [i for i in overlay.items if i.key.startswith("row:")]
    assert len(rows) == len(help_rows())
    assert all(row.seen == row.box for row in rows)
    for row in rows:
        place, font = row.words(overlay.metrics)
        assert text_width(row.row.title, font) <= place.width, row.row.title
        assert len(row.caps(overlay.metrics)) == len(row.row.keys), row.row.title
    ends = [max(r.box.y1 for r in rows if r.box.x0 == x) for x in {r.box.x0 for r in rows}]
    assert max(ends) - min(ends) <= 4 * overlay.row_height


def test_help_scrolls_where_there_is_none(said):
    overlay = HelpOverlay(lambda: said.append("closed"))
    overlay.set_model(KEYS)
    fitted(overlay, 16, 500, 300)
    assert overlay.item("scrollbar") is not None
    press_keys(overlay, "F1", "Escape", "b")
    click(overlay, "close")
    assert said == ["closed"] * 3


def test_hints_lead_from_the_first_to_the_end():
    said = []
    card = HintCard(said.append, lambda: said.append("closed"))
    fitted(card)
    for number in range(len(HINTS)):
        card.set_model(number)
        title = item_of(card, "title")
        assert isinstance(title, Label)
        assert title.text == HINTS[number].title
        text = item_of(card, "text")
        lines = wrapped(HINTS[number].text, Font(card.metrics.body), text.box.width)
        assert len(lines) * round(card.metrics.body * 1.5) <= text.box.height
        click(card, "next")
    assert said == [1, 2, 3, 4, "closed"]
    assert card.item("skip") is None
    card.set_model(0)
    click(card, "skip")
    assert said[-1] == "closed"


NAMES = ("base plate", "walls", "roof", "wall paper", "inner wall", "wood table", "drywall")
ROWS = tuple(ClassRow(n + 1, name, (n * 30, 90, 200)) for n, name in enumerate(NAMES))


def test_search_ranks_starts_before_words_before_middles_before_letters():
    names = [r.name for r in found(ROWS, "wal")]
    assert names == ["walls", "wall paper", "inner wall", "drywall", "wood table"]
    assert [r.name for r in found(ROWS, "WT")] == ["wood table"]
    assert found(ROWS, " ") == ROWS
    assert found(ROWS, "zzz") == ()


@given(st.text(max_size=12))
def test_search_finds_each_class_once_and_by_its_own_name(text):
    hits = found(ROWS, text)
    assert len(set(hits)) == len(hits)
    for row in ROWS:
        assert found(ROWS, row.name)[0] == row


def search_of(said: list) -> ClassSearch:
    search = ClassSearch(
        lambda class_id: said.append(class_id),
        lambda: said.append("dismissed"),
        lambda name: said.append(("add", name)),
    )
    search.set_model(ROWS)
    return fitted(search)


def test_search_by_typing(said):
    search = search_of(said)
    assert all(press_keys(search, "w", "a", "x", "Backspace", "Down", "Enter"))
    assert search.text == "wa"
    assert said == [4]
    check_patches(search)


def test_search_offers_to_add_what_is_missing(said):
    search = search_of(said)
    press_keys(search, "c", "a", "r", "Space", "z", "Enter", "Escape")
    assert said == [("add", "car z"), "dismissed"]


def test_search_keeps_capitals_of_a_new_name(said):
    search = search_of(said)
    for letter, held in (("q", {"shift"}), ("z", set()), ("1", {"shift"})):
        search.key(KeyEvent(letter, True, modifiers=frozenset(held)))
    press_keys(search, "Enter")
    assert said == [("add", "Qz!")]


def test_search_without_adding_finds_only_what_is_there(said):
    search = ClassSearch(said.append, lambda: None, None, question="Merge roof into…")
    search.set_model(ROWS)
    fitted(search)
    press_keys(search, "q", "z", "Enter")
    none = item_of(search, "none")
    assert isinstance(none, Label)
    assert none.text == "No class fits."
    press_keys(search, "Backspace", "Backspace", "Enter")
    assert said == [ROWS[0].class_id]


def test_search_leaves_commands_alone(said):
    search = search_of(said)
    assert not search.key(KeyEvent("s", True, modifiers=frozenset({"ctrl"})))
    assert not search.key(KeyEvent("a", False))
    assert search.text == ""


def test_search_by_click(said):
    search = search_of(said)
    click(search, "hit:3")
    assert said == [3]


def test_tooltip_fits_its_words():
    tooltip = Tooltip()
    assert tooltip.preferred_size(800, 600, em=16) == (1, 1)
    tooltip.set_model("Undo (Ctrl+Z)")
    fitted(tooltip)
    text = item_of(tooltip, "text")
    assert text.box.width >= text_width("Undo (Ctrl+Z)", Font(tooltip.metrics.small))


def all_popups() -> list[Popup]:
    nothing = [lambda *values: None] * 3
    menu, dialog, tooltip = Menu(*nothing[:2]), Dialog(nothing[0]), Tooltip()
    menu.set_model(class_menu(ROOF, position=1, count=3, is_on_photo=True))
    dialog.set_model(DELETE)
    tooltip.set_model("A tooltip of some length, with a key (Ctrl+T)")
    overlay, search = HelpOverlay(nothing[0]), ClassSearch(*nothing)
    overlay.set_model(KEYS)
    search.set_model(ROWS)
    return [menu, dialog, tooltip, overlay, search, HintCard(*nothing[:2])]


@pytest.mark.parametrize("popup", all_popups(), ids=lambda popup: type(popup).__name__)
def test_popups_can_be_drawn_at_any_size(popup):
    @settings(max_examples=25, deadline=None)
    @given(st.integers(1, 900), st.integers(1, 700), st.sampled_from([14, 16, 24, 32]))
    def check(width, height, em):
        popup.resize(width, height, em=em)
        check_picture(popup, width, height)
        w, h = popup.preferred_size(width, height, em=em)
        assert 1 <= w <= width
        assert 1 <= h <= height
        for item in popup.items:
            if item.is_solid and not item.seen.cut(popup.box).is_empty and isinstance(item, Button):
                move(popup, item.key)
        check_patches(popup)

    check()
