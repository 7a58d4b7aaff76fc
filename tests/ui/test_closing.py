"""Escape never closes the window, and is never lost."""

from __future__ import annotations

import pytest

from o3d_paint.ui.closing import CloseRequest
from o3d_paint.ui.events import KeyEvent

DOWN, UP = KeyEvent("Escape", is_down=True), KeyEvent("Escape", is_down=False)


@pytest.fixture
def request_() -> CloseRequest:
    return CloseRequest()


def test_a_window_that_is_closed_closes(request_: CloseRequest) -> None:
    assert request_.decide(hides_keys=False) is None
    request_.asked()
    assert request_.decide(hides_keys=False) == "close"
    assert request_.decide(hides_keys=False) is None


def test_escape_is_a_key(request_: CloseRequest) -> None:
    request_.asked()
    assert request_.key(DOWN) == DOWN
    assert request_.decide(hides_keys=False) is None
    assert request_.key(UP) == UP


def test_escape_that_the_toolkit_kept_is_escape_all_the_same(request_: CloseRequest) -> None:
    request_.asked()
    assert request_.decide(hides_keys=True) == "escape"
    assert request_.key(UP) == UP


def test_escape_of_which_only_the_release_arrives_was_pressed(request_: CloseRequest) -> None:
    request_.asked()
    assert request_.key(UP) == DOWN
    assert request_.decide(hides_keys=True) is None


def test_other_keys_say_nothing_about_closing(request_: CloseRequest) -> None:
    request_.asked()
    event = KeyEvent("a", is_down=False)
    assert request_.key(event) is event
    assert request_.decide(hides_keys=False) == "close"
