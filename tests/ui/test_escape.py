"""Escape comes as a wish to close the window, and must never be taken for one."""

from __future__ import annotations

from o3d_paint.ui.escape import EscapeWatch
from o3d_paint.ui.events import KeyEvent

DOWN, UP = KeyEvent("Escape", is_down=True), KeyEvent("Escape", is_down=False)


def test_a_wish_without_the_key_is_one() -> None:
    watch = EscapeWatch()
    assert watch.is_escape(1.0, hides_keys=False) is None
    watch.close_asked()
    assert watch.is_escape(1.0, hides_keys=False) is False
    assert watch.is_escape(1.1, hides_keys=False) is None


def test_the_key_takes_the_wish_back_and_acts_once() -> None:
    watch = EscapeWatch()
    watch.close_asked()
    assert watch.key(DOWN, 1.0)
    assert watch.is_escape(1.0, hides_keys=False) is None
    watch.close_asked()
    assert not watch.key(UP, 1.1)
    assert watch.is_escape(1.1, hides_keys=False) is None


def test_a_release_that_is_not_passed_does_not_close() -> None:
    # A press in a text field closes its card; the toolkit then keeps the release to itself too.
    watch = EscapeWatch()
    watch.close_asked()
    assert watch.is_escape(1.0, hides_keys=True) is True
    watch.close_asked()
    assert watch.is_escape(1.2, hides_keys=False) is None
    watch.close_asked()
    assert watch.is_escape(9.0, hides_keys=False) is False


def test_a_release_alone_counts_where_its_press_was_kept() -> None:
    # Both halves within one frame: the text field takes the press, the release is passed.
    watch = EscapeWatch()
    watch.close_asked()
    watch.close_asked()
    assert watch.key(UP, 1.0)
    assert watch.is_escape(1.0, hides_keys=False) is None


def test_a_release_after_a_press_that_was_guessed_does_nothing_more() -> None:
    watch = EscapeWatch()
    watch.close_asked()
    assert watch.is_escape(1.0, hides_keys=True) is True
    watch.close_asked()
    assert not watch.key(UP, 1.2)
