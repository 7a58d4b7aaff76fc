from __future__ import annotations

import json
from pathlib import Path

import numpy as np
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
