from __future__ import annotations

import sys
from pathlib import Path

import pytest

from o3d_paint.ui.memory_watch import command_for, must_restart

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
