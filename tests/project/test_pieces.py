"""Steps over many photos done a piece at a time: the same in the end, and never met half done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.project import autosave
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(1500, 12)


def line(class_id: int, y: float) -> Stroke:
    return Stroke(np.array([[20.0, y], [140.0, y]]), 60, class_id)


def painted(project: Project) -> Project:
    for i in range(12):
        project.paint(i, line(1 + i % 2, 500))
        project.paint(i, line(3, 620))
    project.set_layer(np.arange(200), 2)
    return project


def fresh(*, slice_s: float | None = None) -> Project:
    project = painted(Project(SCENE, ["floor", "wall", "roof"]))
    if slice_s is not None:
        project.slice_s = slice_s
    return project


def finish(project: Project) -> list[float]:
    shares = []
    while project.is_changing:
        shares.append(project.go_on(0.0))
    return shares


def assert_same(one: Project, other: Project) -> None:
    assert one.taxonomy == other.taxonomy
    for i in range(12):
        np.testing.assert_array_equal(one.mask(i), other.mask(i))
    np.testing.assert_array_equal(one.painted, other.painted)
    np.testing.assert_array_equal(one.painted, one.rebuilt_labels())
    assert one.history.done == other.history.done
    assert one.history.undone == other.history.undone


VERBS = {
    "merge": lambda p: p.merge_class(2, 3),
    "remove": lambda p: p.remove_class(3),
}


@pytest.mark.parametrize("verb", VERBS)
def test_pieces_end_as_the_whole_does_and_tell_once(verb: str) -> None:
    whole, pieces = fresh(), fresh(slice_s=0.0)
    heard: list[str] = []
    pieces.labels_changed.connect(lambda _: heard.append("labels"))
    pieces.recorded.connect(lambda _: heard.append("journal"))
    pieces.taxonomy_changed.connect(lambda: heard.append("classes"))
    VERBS[verb](whole)
    VERBS[verb](pieces)
    assert pieces.is_changing
    assert heard == []
    shares = finish(pieces)
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert heard == ["journal", "labels", "classes"]
    assert_same(pieces, whole)
    for step in (Project.undo, Project.redo):
        assert step(whole) == step(pieces)
        finish(pieces)
        assert_same(pieces, whole)


@pytest.mark.parametrize("after", [0, 3, 15, 25])
def test_a_stroke_or_an_undo_waits_for_the_rest(after: int) -> None:
    whole, pieces = fresh(), fresh(slice_s=0.0)
    for project in (whole, pieces):
        project.merge_class(3, 2)
        for _ in range(after):
            project.go_on(0.0)
        project.begin_stroke(5, (80, 480), class_id=1, radius=40)
        assert not project.is_changing
        project.extend_stroke((90, 520))
        project.end_stroke()
    assert_same(pieces, whole)
    for project in (whole, pieces):
        project.undo()
        project.undo()
        for _ in range(after):
            project.go_on(0.0)
        project.redo()
    finish(pieces)
    assert_same(pieces, whole)


@pytest.mark.parametrize("after", [0, 15])
def test_what_is_on_disk_is_never_half_of_a_step(
    tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(SCENE, tmp_path / "p", classes=["floor", "wall", "roof"])
    project = painted(session.project)
    before = {i: project.mask(i).copy() for i in range(12)}
    project.slice_s = 0.0
    project.merge_class(3, 2)
    for _ in range(after):
        project.go_on(0.0)
    monkeypatch.setattr(autosave, "_LOG_STEPS", 0)
    project.set_hidden(1, True)  # wants everything that changed on disk
    assert project.is_changing
    there, _ = read_project(tmp_path / "p", SCENE)
    assert len(there.taxonomy) == 3
    for i, mask in before.items():
        np.testing.assert_array_equal(there.mask(i), mask)
    session.save(wait=True)
    assert not project.is_changing
    there, _ = read_project(tmp_path / "p", SCENE)
    assert_same(there, project)
    session.close()
