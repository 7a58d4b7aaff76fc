"""What the window says about names of classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from o3d_paint.project.project import Project
from o3d_paint.ui.class_actions import ClassHandlers
from o3d_paint.ui.editor import Editor
from tests.project.scenes import strip_scene


class _Popups:
    """Keeps the question that was asked."""

    def ask_text(self, *_words: str, accept: Callable[[str], str], **_more: Any) -> None:
        self.accept = accept

    def close(self) -> None:
        """Nothing shows."""


class _Frame:
    """A window with nothing in it."""

    def __init__(self) -> None:
        self.popups = _Popups()


def test_a_name_that_is_taken_is_said_in_plain_words() -> None:
    project, frame = Project(strip_scene(200, 2), ["floor", "wall"]), _Frame()
    handlers, popups = ClassHandlers(Editor(project), frame, lambda: None), frame.popups  # type: ignore[arg-type]
    handlers.add()
    assert popups.accept(" wall ") == "There is a class wall already"
    assert popups.accept("roof") == ""
    handlers.rename(1)
    assert popups.accept("roof") == "There is a class roof already"
    assert popups.accept("floor") == ""
    assert popups.accept("ground") == ""
    assert "empty" in popups.accept("  ")
    assert [c.name for c in project.taxonomy] == ["ground", "wall", "roof"]
