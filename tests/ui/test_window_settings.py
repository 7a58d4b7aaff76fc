"""What the window remembers, and that nonsense in its file is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from o3d_paint.ui.panels.empty_states import RecentScene
from o3d_paint.ui.window_settings import WindowSettings, load_window_settings, save_window_settings


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "window.json"
    kept = WindowSettings(
        recent=(RecentScene("/a", "a", "3 photos"),),
        has_seen_hints=True,
        size=(1400, 900),
        split=0.4,
        mode="photo",
    )
    save_window_settings(kept, path)
    assert load_window_settings(path) == kept


def test_the_newest_scene_comes_first_and_once() -> None:
    memory = WindowSettings()
    for name in ("a", "b", "a", *"cdefghij"):
        memory = memory.opened(RecentScene(f"/{name}", name))
    assert [e.name for e in memory.recent] == list("jihgfedc")
    again = memory.opened(RecentScene("/e", "e"))
    assert [e.name for e in again.recent] == list("ejihgfdc")


def test_scenes_that_are_gone_are_not_offered(tmp_path: Path) -> None:
    there = tmp_path / "scene.npz"
    there.touch()
    gone = RecentScene(str(tmp_path / "gone.npz"), "gone")
    memory = WindowSettings().opened(RecentScene(str(there), "there")).opened(gone)
    assert [e.name for e in memory.present] == ["there"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        json.dumps({"recent": [1, {"path": 2}, {}], "size": ["a", 4], "split": "x", "mode": 7}),
        json.dumps({"recent": 5, "size": [10, 10], "split": 4.0, "mode": "none"}),
    ],
)
def test_nonsense_is_forgotten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "window.json"
    path.write_text(text)
    assert load_window_settings(path) == WindowSettings()


def test_a_folder_that_cannot_be_written_troubles_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    save_window_settings(WindowSettings(), tmp_path / "file" / "window.json")
    assert load_window_settings(tmp_path / "file" / "window.json") == WindowSettings()
