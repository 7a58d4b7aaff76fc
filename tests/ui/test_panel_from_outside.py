"""A panel declared in one place, in `extra_panel`, is made, placed and fed like the rest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.project.project import Project
from o3d_paint.project.tools import TOOLS
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.layout import LayoutMode, Place, arrange, column
from o3d_paint.ui.paint_panels import PANELS, PaintPanels, empty_panels, more_heights
from o3d_paint.ui.panel_spec import PanelParts
from tests.project.scenes import strip_scene
from tests.ui.extra_panel import PAINTED_PHOTOS, PaintedPhotos
from tests.ui.panels.support import click
from tests.ui.test_layout import overlap

NAME = PAINTED_PHOTOS.name


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PANELS, NAME, PAINTED_PHOTOS)


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class _Frame:
    """A window's places for panels, without a window."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}

    def panel_host(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(swap=lambda panel: self.shown.__setitem__(name, panel))


def test_it_is_made_shown_and_fed() -> None:
    assert NAME in empty_panels()
    said: list[str] = []
    editor, frame = Editor(Project(strip_scene(), classes=["a"])), _Frame()
    parts = PanelParts(editor, _Anything(), said.append, frozenset(TOOLS))  # type: ignore[arg-type]
    panels = PaintPanels(parts, _Anything())  # type: ignore[arg-type]
    panels.show_in(frame)  # type: ignore[arg-type]
    panel = frame.shown[NAME]
    assert isinstance(panel, PaintedPhotos)
    panel.resize(300, 32, em=16.0)
    editor.project.paint(0, Stroke(np.array([[80.0, 500.0]]), 50, 1))
    panels.feed(None, {})
    button = panel.item("next")
    assert button is not None
    assert button.text == "1 painted"  # type: ignore[attr-defined]
    click(panel, "next")
    assert said == ["next_in_order"]


@pytest.mark.parametrize("mode", ["both", "photo"])
@pytest.mark.parametrize("size", [(1600, 1000), (900, 600)])
def test_the_programs_window_has_a_place_for_it(mode: LayoutMode, size: tuple[int, int]) -> None:
    content = Place(0, 24, *size)
    with_it = arrange(content, em=16, split=0.55, mode=mode, class_count=5, more=more_heights())
    plain = arrange(content, em=16, split=0.55, mode=mode, class_count=5)
    assert set(with_it) == {*plain, NAME}
    assert with_it[NAME].height == 32
    check_places(with_it, content)


def test_the_embedded_panel_has_a_place_for_it() -> None:
    place = Place(700, 0, 500, 800)
    places = column(place, em=16, class_count=5, more=more_heights())
    assert places[NAME].height == 32
    check_places(places, place)


def test_many_of_them_leave_room_for_the_photo() -> None:
    more = {str(n): lambda width, em: 400 for n in range(8)}
    places = column(Place(0, 0, 500, 800), em=16, class_count=5, more=more)
    assert places["canvas"].height > 150
    check_places(places, Place(0, 0, 500, 800))


def check_places(places: Any, content: Place) -> None:
    listed = list(places.values())
    area = sum(p.width * p.height for p in listed)
    assert area == pytest.approx(content.width * content.height, rel=0.001)
    for number, place in enumerate(listed):
        assert place.width > 0
        assert place.height > 0
        assert not any(overlap(place, other) for other in listed[number + 1 :])
