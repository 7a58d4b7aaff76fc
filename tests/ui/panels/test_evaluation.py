"""The table of photos against each other."""

from __future__ import annotations

from math import nan

import pytest

from o3d_paint.ui.events import KeyEvent
from o3d_paint.ui.panels.evaluation import Evaluation, EvaluationState, PhotoScore
from tests.ui.panels.support import check_patches, check_picture, click, move, wheel

ROWS = (
    PhotoScore(0, "a", 100, 0.9, 0.8, 10),
    PhotoScore(4, "b", 50, 0.5, nan, 25),
    PhotoScore(7, "c", 20, 1.0, 1.0, 0),
)


@pytest.fixture
def said() -> list:
    return []


@pytest.fixture
def card(said) -> Evaluation:
    panel = Evaluation(said.append, lambda: said.append("close"))
    panel.set_model(EvaluationState(ROWS, "Derived by graph"))
    panel.resize(*panel.preferred_size(1200, 700, em=16), em=16)
    return panel


def test_the_worst_photo_comes_first(card):
    rows = [item.key for item in card.items if item.key.startswith("row:")]
    assert rows == ["row:4", "row:0", "row:7"]
    check_picture(card, card.box.width, card.box.height)


def test_a_click_opens_the_photo(card, said):
    click(card, "row:7")
    click(card, "close")
    card.key(KeyEvent("Escape", True))
    assert said == [7, "close", "close"]


def test_hover_redraws_only_what_changed(card):
    card.draw()
    move(card, "row:0")
    check_patches(card)


def test_many_photos_scroll(said):
    panel = Evaluation(said.append, lambda: None)
    rows = tuple(PhotoScore(i, str(i), 1, i / 200, 0.5, 1) for i in range(200))
    panel.set_model(EvaluationState(rows))
    panel.resize(*panel.preferred_size(900, 400, em=16), em=16)
    assert len([i for i in panel.items if i.key.startswith("row:")]) < 30
    for _ in range(100):
        wheel(panel, "row:" + next(i.key for i in panel.items if "row:" in i.key)[4:], -5)
    click(panel, "row:199")
    assert said == [199]
