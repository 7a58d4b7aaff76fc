from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from o3d_paint.cli import app
from o3d_paint.core.brush import Stroke
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_states_are_listed_and_put_back(tmp_path: Path) -> None:
    scene, root = strip_scene(num_points=500), tmp_path / "p.o3dpaint"
    session = open_session(scene, root, classes=["a"])
    for frame_idx in range(2):
        session.project.paint(frame_idx, Stroke(np.array([[80.0, 500.0]]), 50, 1))
        session.save(wait=True)
    session.close()
    code, text = run("recover", str(root), "--json")
    listed = json.loads(text)["states"]
    assert code == 0
    assert [s["painted"] for s in listed][-2:] == [2, 1]
    code, text = run("recover", str(root))
    assert code == 0
    assert all(str(s["number"]) in text for s in listed)
    code, _ = run("recover", str(root), "--restore", str(listed[-1]["number"]))
    assert code == 0
    assert read_project(root, scene)[0].painted_frames == (0,)


def test_what_is_no_project_is_said(tmp_path: Path) -> None:
    code, text = run("recover", str(tmp_path))
    assert code == 1
    assert "not a project folder" in text
    code, text = run("recover", str(tmp_path / "absent"))
    assert code == 1


def test_what_restoring_drops_is_said(tmp_path: Path) -> None:
    scene, root = strip_scene(num_points=500), tmp_path / "p.o3dpaint"
    session = open_session(scene, root, classes=["a"])
    for y in (200.0, 400.0, 600.0):
        session.project.paint(0, Stroke(np.array([[80.0, y]]), 50, 1))
        session.save(wait=True)
    session.project.fuse()
    session.close()
    session = open_session(scene, root)
    session.project.paint(1, Stroke(np.array([[80.0, 700.0]]), 50, 1))
    session.project.paint(1, Stroke(np.array([[80.0, 800.0]]), 50, 1))
    now = {i: session.project.mask(i).copy() for i in range(2)}
    names = [e.name for e in session.project.history.done]
    killed = root.with_name("killed")
    shutil.copytree(root, killed)
    session.abandon()
    shutil.rmtree(root)
    killed.rename(root)
    (root / "lock").unlink()
    first = json.loads(run("recover", str(root), "--json")[1])["states"][-1]["number"]
    code, text = run("recover", str(root), "--restore", str(first))
    assert code == 0
    said = " ".join(text.split())
    assert "The fused labels went" in said
    assert "2 steps after the last saving went: that state has them" in said
    kept = int(re.search(r"What was there before is state (\d+), with its undo history", said)[1])
    assert kept in [
        s["number"] for s in json.loads(run("recover", str(root), "--json")[1])["states"]
    ]
    # And all that is so.
    project = read_project(root, scene)[0]
    assert project.fusion is None
    assert project.painted_frames == (0,)
    assert len(project.history) == 1
    code, text = run("recover", str(root), "--restore", str(kept))
    assert code == 0
    assert "fused" not in text
    project = read_project(root, scene)[0]
    for i in range(2):
        np.testing.assert_array_equal(project.mask(i), now[i])
    assert [e.name for e in project.history.done] == names


def test_the_oldest_state_that_goes_is_named(tmp_path: Path) -> None:
    scene, root = strip_scene(num_points=500), tmp_path / "p.o3dpaint"
    session = open_session(scene, root, classes=["a"])
    for y in range(100, 900, 100):
        session.project.paint(0, Stroke(np.array([[80.0, float(y)]]), 50, 1))
        session.save(wait=True)
    session.project.paint(0, Stroke(np.array([[80.0, 950.0]]), 50, 1))
    session.close()
    before = [s["number"] for s in json.loads(run("recover", str(root), "--json")[1])["states"]]
    # The present one is a state already, so keeping it once more takes nothing away.
    _, text = run("recover", str(root), "--restore", str(before[1]))
    after = [s["number"] for s in json.loads(run("recover", str(root), "--json")[1])["states"]]
    gone = set(before) - set(after)
    assert bool(gone) == ("the oldest" in text)


@pytest.mark.skipif(sys.platform == "win32", reason="how a shell of Unix reads it")
@pytest.mark.parametrize("name", ["my scene", "a'b", "$(touch x)", "-y", "a;b", "plain"])
def test_the_command_that_is_shown_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    session = open_session(strip_scene(num_points=500), tmp_path / name, classes=["a"])
    session.project.paint(0, Stroke(np.array([[80.0, 500.0]]), 50, 1))
    session.save(wait=True)
    session.close()
    _, text = run("recover", "--", name)
    shown = next(line for line in text.splitlines() if "put one back with" in line)
    words = shlex.split(shown.partition(": ")[2])
    assert words[:2] == ["o3d-paint", "recover"]
    assert Path(words[2]).samefile(tmp_path / name)
    number = json.loads(run("recover", "--json", "--", name)[1])["states"][0]["number"]
    assert run(*words[1:-1], str(number))[0] == 0
