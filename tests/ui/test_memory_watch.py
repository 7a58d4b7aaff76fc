from __future__ import annotations

import sys
from pathlib import Path

import pytest

from o3d_paint.ui import memory_watch
from o3d_paint.ui.memory_watch import command_for, must_restart
from o3d_paint.ui.viewpoint import Viewpoint

GB = 1 << 30


def test_only_real_growth_and_real_need_restart_the_window() -> None:
    assert not must_restart(8 * GB, 8 * GB)
    assert not must_restart(1 * GB, GB // 2), "somebody else took the memory"
    assert must_restart(3 * GB, GB // 2)
    assert must_restart(12 * GB, 2 * GB)


def test_the_same_scene_is_opened_by_the_same_command(monkeypatch: pytest.MonkeyPatch) -> None:
    started = ["python", "-m", "o3d_paint", "open", "/a/scene.npz", "--up", "z"]
    monkeypatch.setattr(sys, "orig_argv", started)
    first = (Path("/a/scene.npz"), Path("/a/scene.o3dpaint"))
    again = command_for(*first, first)
    assert again[-4:] == started[3:]
    assert "-I" in again, "a module beside the scene must not run"
    other = command_for(Path("/b/other.ply"), Path("/b/p"), first)
    assert other[-3:] == ["/b/other.ply", "--project", "/b/p"]
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "o3d_paint"])
    assert command_for(*first, first)[-3:] == ["/a/scene.npz", "--project", "/a/scene.o3dpaint"]
    script = ["python", "work.py", "/a/scene.npz"]
    monkeypatch.setattr(sys, "orig_argv", script)
    assert command_for(*first, first) == [sys.executable, *script[1:]]


class Fake:
    """A window without a window, which has been left alone for an hour."""

    scene_path, project_folder = Path("/a/scene.npz"), Path("/a/scene.o3dpaint")
    exit_code: int | None = None
    idle_s = 3600.0
    is_stroking = False

    def __init__(self, viewpoint: Viewpoint) -> None:
        self.viewpoint = viewpoint
        self.said: list[str] = []

    def look_from(self, viewpoint: Viewpoint) -> None:
        self.viewpoint = viewpoint

    def toast(self, text: str) -> None:
        self.said.append(text)

    def quit(self) -> None:
        self.exit_code = 0


@pytest.mark.parametrize("eye", [None, (0.5, 1.0, 2.0, 0.0, 0.0, 0.25, 60.0)])
def test_what_was_shown_shows_again(
    monkeypatch: pytest.MonkeyPatch, eye: tuple[float, ...] | None
) -> None:
    monkeypatch.delenv("O3D_PAINT_RESUME", raising=False)
    now, own = [0.0], [1 * GB]
    monkeypatch.setattr(memory_watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(memory_watch, "_own_bytes", lambda: own[0])
    monkeypatch.setattr(memory_watch, "available_bytes", lambda: GB // 2)
    before = Fake(Viewpoint(3, 2, eye))
    watch = memory_watch.MemoryWatch(before)
    for taken in (1, 2, 5):
        own[0], now[0] = taken * GB, now[0] + 60
        before.is_stroking = taken == 2
        watch.tick()
    assert watch.command is not None
    assert watch.command[-3:] == ["/a/scene.npz", "--project", "/a/scene.o3dpaint"]
    after = Fake(Viewpoint(None, 1))
    memory_watch.resume(after)
    assert after.viewpoint == Viewpoint(3, 2, eye)
    assert "nothing is lost" in after.said[0]
    memory_watch.resume(after)
    assert len(after.said) == 1


def test_nothing_is_started_anew_under_the_users_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now, own = [0.0], [1 * GB]
    monkeypatch.setattr(memory_watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(memory_watch, "_own_bytes", lambda: own[0])
    monkeypatch.setattr(memory_watch, "available_bytes", lambda: GB // 2)
    for busy in ({"idle_s": 0.5}, {"is_stroking": True}):
        window = Fake(Viewpoint(3, 2))
        for name, value in busy.items():
            setattr(window, name, value)
        watch = memory_watch.MemoryWatch(window)
        for taken in (1, 5):
            own[0], now[0] = taken * GB, now[0] + 60
            watch.tick()
        assert watch.command is None
        assert window.exit_code is None
