"""Presses and releases go where they happened, not where the pointer is by then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from open3d.visualization import gui

from o3d_paint.ui.events import PointerEvent
from o3d_paint.ui.pointer_focus import PointerFocus, is_inside

Type = gui.MouseEvent.Type


@dataclass
class Event:
    type: Any
    x: int
    y: int


@dataclass
class Target:
    """A widget that fills a column of the window."""

    x0: int
    visible: bool = True
    took: list[tuple[Any, int, int]] = field(default_factory=list)
    times_left: int = 0

    def contains(self, x: int, y: int) -> bool:
        return self.visible and is_inside(gui.Rect(self.x0, 0, 100, 100), x, y)

    def take(self, event: Any, x: int, y: int) -> None:
        self.took.append((event.type, x, y))

    def left(self) -> None:
        self.times_left += 1


@pytest.fixture
def focus() -> PointerFocus:
    return PointerFocus()


def test_a_press_was_where_the_pointer_was_last_seen_before(focus: PointerFocus) -> None:
    photo = Target(0)
    focus.dispatch(Event(Type.MOVE, 10, 10), photo)
    focus.dispatch(Event(Type.BUTTON_DOWN, 90, 90), photo)
    focus.dispatch(Event(Type.DRAG, 50, 50), photo)
    focus.dispatch(Event(Type.BUTTON_UP, 95, 95), photo)
    focus.dispatch(Event(Type.MOVE, 95, 95), photo)
    assert photo.took == [
        (Type.MOVE, 10, 10),
        (Type.BUTTON_DOWN, 10, 10),
        (Type.DRAG, 50, 50),
        (Type.BUTTON_UP, 50, 50),
        (Type.MOVE, 95, 95),
    ]


def test_a_press_that_got_to_the_next_widget_comes_back_with_its_whole_drag(
    focus: PointerFocus,
) -> None:
    photo, strip = Target(0), Target(100)
    focus.dispatch(Event(Type.MOVE, 90, 10), photo)
    for kind, x in ((Type.BUTTON_DOWN, 150), (Type.DRAG, 120), (Type.BUTTON_UP, 150)):
        focus.dispatch(Event(kind, x, 10), strip)
    assert photo.took[1:] == [
        (Type.BUTTON_DOWN, 90, 10),
        (Type.DRAG, 120, 10),
        (Type.BUTTON_UP, 120, 10),
    ]
    assert strip.took == []
    focus.dispatch(Event(Type.MOVE, 150, 10), strip)
    assert (photo.times_left, strip.took) == (1, [(Type.MOVE, 150, 10)])


def test_a_card_that_opens_under_the_pointer_gets_the_press(focus: PointerFocus) -> None:
    photo, card = Target(0), Target(0)
    focus.dispatch(Event(Type.MOVE, 10, 10), photo)
    focus.dispatch(Event(Type.BUTTON_DOWN, 10, 10), card)
    assert card.took == [(Type.BUTTON_DOWN, 10, 10)]


@pytest.mark.parametrize("is_known", [False, True])
def test_a_press_counts_as_told_where_no_movement_was_seen(
    focus: PointerFocus, is_known: bool
) -> None:
    photo, card = Target(0), Target(100)
    if is_known:
        # What the pointer was over is gone since.
        focus.dispatch(Event(Type.MOVE, 10, 10), photo)
        photo.visible = False
    focus.dispatch(Event(Type.BUTTON_DOWN, 150, 20), card)
    assert card.took == [(Type.BUTTON_DOWN, 150, 20)]


def test_after_a_lost_release_the_next_movement_is_the_widgets_under_it(
    focus: PointerFocus,
) -> None:
    photo, strip = Target(0), Target(100)
    focus.dispatch(Event(Type.MOVE, 10, 10), photo)
    focus.dispatch(Event(Type.BUTTON_DOWN, 10, 10), photo)
    focus.dispatch(Event(Type.MOVE, 150, 10), photo)
    focus.dispatch(Event(Type.MOVE, 151, 10), strip)
    assert strip.took == [(Type.MOVE, 151, 10)]


def test_the_wheel_turns_where_it_is_told(focus: PointerFocus) -> None:
    photo = Target(0)
    focus.dispatch(Event(Type.MOVE, 10, 10), photo)
    focus.dispatch(Event(Type.WHEEL, 20, 20), photo)
    assert photo.took[-1] == (Type.WHEEL, 20, 20)
    focus.dispatch(Event(Type.BUTTON_DOWN, 20, 20), photo)
    assert photo.took[-1] == (Type.BUTTON_DOWN, 10, 10)


def test_what_is_not_ours_ends_what_was_known(focus: PointerFocus) -> None:
    photo = Target(0)
    focus.dispatch(Event(Type.MOVE, 10, 10), photo)
    focus.leave()
    assert photo.times_left == 1
    focus.dispatch(Event(Type.BUTTON_DOWN, 20, 20), photo)
    assert photo.took[-1] == (Type.BUTTON_DOWN, 20, 20)


def test_a_modal_card_keeps_others_waiting_and_closes_for_a_press_beside_it(
    focus: PointerFocus,
) -> None:
    card, photo = Target(0), Target(100)
    closed: list[bool] = []
    focus.modal, focus.on_outside = card, lambda: closed.append(True)
    assert focus.lets(card, PointerEvent("down", 1, 1, "left"))
    assert not focus.lets(photo, PointerEvent("move", 1, 1))
    assert closed == []
    assert not focus.lets(photo, PointerEvent("down", 1, 1, "left"))
    assert closed == [True]
    card.visible = False
    assert focus.lets(photo, PointerEvent("down", 1, 1, "left"))
