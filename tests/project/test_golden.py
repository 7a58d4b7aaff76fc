"""Formats of files are promises: folders of all earlier formats open with everything in them."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.project.database import FORMAT
from o3d_paint.project.mask_file import read_mask
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from o3d_paint.project.states import list_states, restore_state
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


def expected_of(golden: Path) -> dict[str, np.ndarray]:
    with np.load(golden / "expected.npz") as arrays:
        expected = dict(arrays)
    assert expected["labels"].any()
    return expected


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_every_format_opens_whole(version: int, tmp_path: Path) -> None:
    golden = FOLDER / f"format_{version}"
    expected, before = expected_of(golden), contents(golden)
    project, messages = read_project(golden, SCENE)
    assert messages == ()
    check(project, expected)
    assert contents(golden) == before
    root = tmp_path / "p.o3dpaint"
    shutil.copytree(golden, root)
    session = open_session(SCENE, root)
    assert session.messages == ()
    session.close()
    check(read_project(root, SCENE)[0], expected)
    assert (root / "project.sqlite").is_file()
    if version < FORMAT:
        assert json.loads((golden / "project.json").read_text("utf-8"))["format"] == version
        # The original is kept, and is still a project of its own.
        kept = contents(root / "original")
        assert kept == {k: v for k, v in before.items() if k != "expected.npz"}
        assert not (root / "project.json").exists()
        check(read_project(root / "original", SCENE)[0], expected)


@pytest.mark.parametrize("stopped", ["before the move", "within the move"])
def test_a_conversion_that_was_stopped_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: str
) -> None:
    golden, root = FOLDER / "format_3", tmp_path / "p.o3dpaint"
    shutil.copytree(golden, root)
    real, calls = os.replace, []

    def stopping(source: Path, target: Path) -> None:
        if "original" in str(target):
            calls.append(target)
            if stopped == "before the move" or len(calls) > 2:
                raise OSError(errno.EIO, "stopped", str(source))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stopping)
        session = open_session(SCENE, root)
        session.project.paint(1, Stroke(np.array([[80.0, 100.0]]), 20, 1))
        session.close()
    expected = session.project.mask(1).copy()
    session = open_session(SCENE, root)
    np.testing.assert_array_equal(session.project.mask(1), expected)
    session.close()
    before = contents(golden)
    assert contents(root / "original") == {k: v for k, v in before.items() if k != "expected.npz"}
    assert not (root / "project.json").exists()


def test_states_of_an_old_project_can_be_put_back_before_and_after(tmp_path: Path) -> None:
    for name in ("unconverted", "converted"):
        root = tmp_path / name
        shutil.copytree(FOLDER / "format_3", root)
        state = root / "states" / "00000001"
        shutil.copytree(FOLDER / "format_3" / "masks", state / "masks")
        shutil.copy(FOLDER / "format_3" / "project.json", state / "project.json")
        with np.load(FOLDER / "format_3" / "expected.npz") as arrays:
            now = arrays["mask_0"]
        if name == "converted":
            open_session(SCENE, root).close()
        assert [s.number for s in list_states(root)][-1] == 1
        done = restore_state(root, 1)
        again, _ = read_project(root, SCENE)
        saved, _ = read_mask(FOLDER / "format_3" / "masks" / "photo_00.png")
        np.testing.assert_array_equal(again.mask(0), saved)
        assert (saved != now).any()
        assert done.notes
        if name == "converted":
            newest = list_states(root)[0]
            restore_state(root, newest.number)
            np.testing.assert_array_equal(read_project(root, SCENE)[0].mask(0), now)
