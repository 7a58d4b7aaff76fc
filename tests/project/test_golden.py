"""Formats of files are promises: folders of all earlier formats open with everything in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.project.document import FORMAT
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from tests.project.golden import FOLDER, golden_scene

SCENE = golden_scene()


def check(project: Project, expected: dict[str, np.ndarray]) -> None:
    for i in range(3):
        np.testing.assert_array_equal(project.mask(i), expected[f"mask_{i}"])
    np.testing.assert_array_equal(project.painted, expected["labels"])
    assert [c.name for c in project.taxonomy] == ["floor", "wall", "roof", "Bäume"]
    assert project.taxonomy.get(4).color == (10, 120, 30)
    assert project.settings["note"] == "kept"
    assert project.locked == {1}
    accepts = "accepted" in expected
    assert bool(len(project.accepted)) == accepts
    if accepts:
        np.testing.assert_array_equal(project.accepted.labels, expected["accepted"])
        np.testing.assert_array_equal(project.accepted.percents, expected["percents"])
    accepting = ["accept predictions"] * accepts
    undone = [project.undo() for _ in range(7 + accepts)]
    assert undone == [
        *("erase", "paint", *accepting, "paint points", "add class Bäume", "paint", "paint", None)
    ]
    assert not project.painted.any()
    assert not len(project.accepted)


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_every_format_opens_whole(version: int, tmp_path: Path) -> None:
    golden = FOLDER / f"format_{version}"
    assert json.loads((golden / "project.json").read_text("utf-8"))["format"] == version
    with np.load(golden / "expected.npz") as arrays:
        expected = dict(arrays)
    assert expected["labels"].any()
    project, messages = read_project(golden, SCENE)
    assert messages == ()
    check(project, expected)
    root = tmp_path / "p.o3dpaint"
    shutil.copytree(golden, root)
    session = open_session(SCENE, root)
    assert session.messages == ()
    session.close()
    assert json.loads((root / "project.json").read_text("utf-8"))["format"] == FORMAT
    check(read_project(root, SCENE)[0], expected)
