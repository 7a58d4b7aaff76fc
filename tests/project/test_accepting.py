"""Accepted predictions: labels that nobody painted, never surer than they were."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.core.label_source import ACCEPTED, FUSED, NONE, PAINTED
from o3d_paint.core.mask import Rect
from o3d_paint.core.statistics import as_csv, class_statistics
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.document_in import document_in
from o3d_paint.project.evaluation import evaluate
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.pipeline import run_fuse
from o3d_paint.project.project import Project
from o3d_paint.project.report import fuse_report, labelled_scene
from o3d_paint.project.session import open_session, read_project
from tests.project.golden import FOLDER, golden_scene
from tests.project.scenes import strip_scene
from tests.project.test_agreement import same

SCENE = strip_scene(num_points=3000, num_frames=3)
WHOLE = Rect(0, 0, 160, 1080)
LOW = FusionSettings(min_confidence=0.1)  # the colours of this scene are noise


def paint(project: Project) -> None:
    project.paint(0, Stroke(np.array([[20, 300], [140, 420]]), 40, 1))
    project.paint(2, Stroke(np.array([[20, 600], [140, 700]]), 40, 2))


@pytest.fixture
def project() -> Project:
    project = Project(SCENE, classes=["a", "b"])
    paint(project)
    return project


def state(project: Project) -> list[np.ndarray]:
    """Everything about the points that an export has, and what the project counts."""
    return [project.labels, project.source_of(None), project.confidence_of(None)]


def equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("fuses_again", [False, True])
def test_accepting_makes_nothing_surer(project: Project, fuses_again: bool) -> None:
    project.fuse(FusionSettings(min_confidence=0))
    before = state(project)
    guesses = np.flatnonzero(before[1] == FUSED)
    unsure = guesses[before[2][guesses] <= np.percentile(before[2][guesses], 30)].astype(np.int32)
    assert len(unsure) > 20
    assert project.accept(points=unsure) == len(unsure)
    if fuses_again:
        project.fuse()
    labels, source, confidence = state(project)
    np.testing.assert_array_equal(labels, before[0])
    assert (source[unsure] == ACCEPTED).all()
    assert (confidence[unsure] <= before[2][unsure]).all()
    assert (before[2][unsure] - confidence[unsure] < 0.0101).all()
    others = np.setdiff1d(np.arange(len(labels)), unsure)
    np.testing.assert_array_equal(confidence[others], before[2][others])
    np.testing.assert_array_equal(source[others], before[1][others])


@pytest.mark.parametrize("how", ["photo", "points"])
def test_a_guess_of_a_ninth_stays_one(project: Project, how: str) -> None:
    project.fuse(FusionSettings(min_confidence=0))
    unsure = np.arange(3000) % 3 == 0
    confidence = np.where(unsure, np.float32(0.11), np.float32(0.8))
    painted = project.painted > 0
    source = np.where(painted, PAINTED, FUSED).astype(np.uint8)
    labels = np.where(painted, project.painted, 1 + np.arange(3000) % 2).astype(np.uint16)
    project.apply_fusion(
        replace(project.fusion, labels=labels, confidence=confidence, source=source)
    )
    before = state(project)
    if how == "photo":
        project.accept(1)
    else:
        project.accept(points=np.flatnonzero(unsure))
    now = state(project)
    np.testing.assert_array_equal(now[0], labels)
    np.testing.assert_array_equal(now[2], before[2])
    taken = now[1] == ACCEPTED
    assert (taken & unsure).any()
    assert project.coverage().confident == np.count_nonzero(confidence >= 0.7)
    project.set_min_confidence(0.5)
    np.testing.assert_array_equal(project.labels > 0, ~unsure)
    np.testing.assert_array_equal(project.source_of(None) == ACCEPTED, taken & ~unsure)
    assert not project.confidence_of(None)[unsure].any()


def test_what_is_accepted_on_a_photo_is_what_it_shows_unpainted_of_some_classes(
    project: Project,
) -> None:
    project.fuse(LOW)
    before, mask = state(project), project.mask(0)
    count = project.accept(0, class_ids=[1])
    index = project.index(0)
    bare = index.point[mask.reshape(-1)[index.pixel] == 0]
    shown = np.zeros(len(before[0]), dtype=bool)
    shown[bare[before[0][bare] == 1]] = True
    assert count == np.count_nonzero(shown) > 50
    np.testing.assert_array_equal(project.accepted.labels == 1, shown)
    labels, source, confidence = state(project)
    np.testing.assert_array_equal(labels, before[0])
    np.testing.assert_array_equal(source == ACCEPTED, shown & (before[1] == FUSED))
    assert (confidence <= before[2]).all()
    np.testing.assert_array_equal(project.mask(0), mask)
    assert project.accept(0, class_ids=[1]) == 0, "all of it is accepted already"
    assert len(project.history) == 3


def test_it_is_no_paint(project: Project) -> None:
    project.fuse(LOW)
    plain, painted = project.coverage(), project.painted.copy()
    said, judged = project.evidence(), evaluate(project).to_json()
    assert project.accept() > 500
    np.testing.assert_array_equal(project.painted, painted)
    assert project.painted_frames == (0, 2)
    np.testing.assert_array_equal(project.evidence().labels(), said.labels())
    counted = project.coverage()
    assert (counted.painted, counted.fused) == (plain.painted, plain.fused)
    assert counted.confident <= plain.confident
    source = project.source_of(None)
    assert counted.accepted == np.count_nonzero(source == ACCEPTED) > 500
    assert counted.accepted == sum(c.accepted for c in counted.classes)
    found = evaluate(project).to_json()
    assert found.pop("accepted") == len(project.accepted)
    assert judged.pop("accepted") == 0
    assert found == judged
    lines = class_statistics(
        project.taxonomy,
        project.labels,
        evidence=project.evidence(),
        point_area=np.zeros(len(source)),
    )
    assert [c.accepted for c in counted.classes] == [c.accepted for c in lines[:2]]
    assert "accepted" in as_csv(lines, unit="m").splitlines()[0]


def test_nothing_that_shows_changes_where_nothing_is_fused() -> None:
    project = Project(SCENE, classes=["a", "b"])
    assert project.accept() == 0
    paint(project)
    before = project.labels
    assert project.accept(1) > 0, "what other photos paint, should their paint go"
    np.testing.assert_array_equal(project.labels, before)
    assert not (project.source_of(None) == ACCEPTED).any()
    assert project.coverage().accepted == 0
    assert (project.confidence_of(None) == (before > 0)).all()


def test_the_articles_labels_have_no_confidence_to_accept(project: Project) -> None:
    project.fuse(FusionSettings(method="article", max_distance=0.3))
    before = project.labels
    assert (project.source_of(None) == FUSED).any()
    project.accept()
    assert set(project.accepted.labels[project.painted == 0].tolist()) == {0}
    project.fuse(LOW)
    project.accept()
    project.fuse(FusionSettings(method="article", max_distance=0.3))
    np.testing.assert_array_equal(project.labels, before)
    assert not (project.source_of(None) == ACCEPTED).any()
    assert any("accepted" in note for note in project.fusion_notes())


def test_undo_and_redo_give_everything_back(project: Project) -> None:
    project.fuse(LOW)
    bare = state(project)
    project.accept(1)
    accepted = state(project)
    assert not equal(bare, accepted)
    assert project.history.undo_name == "accept predictions"
    project.undo()
    assert equal(state(project), bare)
    assert len(project.accepted) == 0
    assert project.coverage().accepted == 0
    assert not project.fusion_is_stale
    project.redo()
    assert equal(state(project), accepted)
    project.fuse(LOW)
    assert equal(state(project), accepted)
    project.undo()
    assert equal(state(project), bare)


def test_a_later_fusion_that_says_otherwise_leaves_what_was_accepted(project: Project) -> None:
    project.fuse(LOW)
    free = np.flatnonzero((project.source_of(None) == FUSED) & (project.labels == 1))
    some = free[::3].astype(np.int32)
    project.accept(points=some)
    kept = project.confidence_of(some)
    for frame in range(3):
        project.clear(frame, 1) if frame != 1 else None
    project.set_layer(np.setdiff1d(np.arange(0, 3000, 5), some), 2)
    project.fuse(LOW)
    still = some[project.accepted.labels[some] == 1]
    assert len(still) > 20
    assert (project.fusion.labels[still] != 1).all()
    assert (project.labels[still] == 1).all()
    assert (project.source_of(still) == ACCEPTED).all()
    assert (project.confidence_of(still) <= kept.max()).all()


@pytest.mark.parametrize("how", ["stroke", "erase", "area", "mask", "clear", "class", "points"])
def test_painting_over_and_erasing_takes_acceptance_off(project: Project, how: str) -> None:
    project.fuse(LOW)
    project.accept(1)
    before, steps = state(project), len(project.history)
    index, covered = project.index(1), np.zeros((1080, 160), dtype=bool)
    covered[400:600] = True
    if how in ("stroke", "erase"):
        line = np.array([[-200, 499.5], [360, 499.5]])
        project.paint(1, Stroke(line, 100.0, 2 if how == "stroke" else 0))
    elif how == "area":
        project.paint_area(1, WHOLE, coverage=covered, class_id=2, protect=True)
    elif how == "mask":
        project.set_mask(1, np.where(covered, 1, 0))
    elif how in ("clear", "class"):
        covered[:] = True
        project.clear(1, 1 if how == "class" else None)
    under = index.point[covered.reshape(-1)[index.pixel]]
    if how == "class":
        under = under[before[0][under] == 1]
    if how == "points":
        project.set_layer(under, 0, name="erase points")
    assert len(project.history) == steps + 1
    assert (before[1][under] == ACCEPTED).any()
    assert not project.accepted.labels[under].any()
    others = np.setdiff1d(np.flatnonzero(before[1] == ACCEPTED), under)
    assert (project.source_of(others) == ACCEPTED).all()
    project.undo()
    assert equal(state(project), before)
    project.redo()
    assert not project.accepted.labels[under].any()


def test_a_stroke_takes_it_off_as_it_goes_and_gives_it_back_when_cancelled(
    project: Project,
) -> None:
    project.fuse(LOW)
    project.accept(1)
    before = state(project)
    told: list[np.ndarray] = []
    project.labels_changed.connect(told.append)
    project.begin_stroke(1, (80, 500), class_id=0, radius=30)
    project.extend_stroke((80, 700))
    changed = np.flatnonzero(before[1] != project.source_of(None))
    assert len(changed) > 20
    assert (project.source_of(changed) == FUSED).all()
    assert set(changed) <= set(np.concatenate(told).tolist())
    project.cancel_stroke()
    assert equal(state(project), before)
    project.redo()
    assert equal(state(project), before)


def test_paint_outranks_it_and_what_it_covered_does_not_come_back(project: Project) -> None:
    project.fuse(LOW)
    project.accept(1)
    line = Stroke(np.array([[80, 520], [80, 560]]), 30.0, 2)
    project.paint(1, line)
    painted = np.flatnonzero(project.painted == 2)
    assert (project.source_of(painted) == PAINTED).all()
    project.paint(1, Stroke(line.points, 30.0, 0))
    assert not (project.source_of(painted) == ACCEPTED).any()


def test_classes_take_it_with_them(project: Project) -> None:
    project.fuse(LOW)
    project.accept(1)
    of_two = project.accepted.labels == 2
    assert of_two.any()
    percents = project.accepted.percents.copy()
    project.merge_class(2, 1)
    assert (project.accepted.labels[of_two] == 1).all()
    np.testing.assert_array_equal(project.accepted.percents, percents)
    project.undo()
    assert (project.accepted.labels[of_two] == 2).all()
    project.remove_class(2)
    assert not project.accepted.labels[of_two].any()
    assert not project.accepted.percents[of_two].any()
    project.undo()
    np.testing.assert_array_equal(project.accepted.percents, percents)


def test_files_keep_it_through_crash_and_close(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, classes=["a", "b"])
    project = session.project
    paint(project)
    project.fuse(LOW)
    project.accept(1)
    session.save(wait=True)
    project.accept(2)
    project.paint(1, Stroke(np.array([[80, 500], [80, 600]]), 30, 0))
    shown, counted = labelled_scene(project), project.coverage()
    session.abandon()  # the second acceptance and the eraser are in the journal alone
    for _ in range(2):
        session = open_session(SCENE, root)
        again = session.project
        np.testing.assert_array_equal(again.accepted.labels, project.accepted.labels)
        np.testing.assert_array_equal(again.accepted.percents, project.accepted.percents)
        same(labelled_scene(again), shown)
        assert again.coverage() == counted
        assert again.ballots.layer is None
        session.close()
    again, messages = read_project(root, SCENE)
    assert messages == ()
    again.fuse()
    same(labelled_scene(again), shown)
    while again.undo():
        pass
    assert not len(again.accepted)
    with closing(sqlite3.connect(root / "project.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE points SET accepted = x'00'")
    rebuilt, messages = read_project(root, SCENE)
    assert any("put together" in m for m in messages)
    np.testing.assert_array_equal(rebuilt.accepted.labels, project.accepted.labels)
    assert document_in(root).layer


def test_other_points_set_it_aside_like_labels_laid_on_points(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, classes=["a", "b"])
    paint(session.project)
    session.project.fuse(LOW)
    session.project.accept()
    session.close()
    other = strip_scene(num_points=2000, num_frames=3, seed=5)
    session = open_session(other, root)
    assert any("points changed" in m for m in session.messages)
    assert not len(session.project.accepted)
    session.close()
    assert list((root / "aside").glob("*cloud_layer.npz"))


@pytest.mark.parametrize("damage", ["short", "floats", "beyond"])
def test_accepted_predictions_of_a_file_that_make_no_sense(tmp_path: Path, damage: str) -> None:
    root = tmp_path / "p"
    shutil.copytree(FOLDER / "format_3", root)
    with np.load(root / "cloud_layer.npz") as file:
        arrays = dict(file)
    with np.load(root / "expected.npz") as file:
        expected = file["accepted"]
    if damage == "short":
        arrays["accepted"] = arrays["accepted"][:5]
    elif damage == "floats":
        arrays["accepted_percent"] = arrays["accepted_percent"] / 100
    else:
        arrays["accepted_percent"][:] = 255
    np.savez(root / "cloud_layer.npz", **arrays)
    project, messages = read_project(root, golden_scene())
    assert bool(messages) == (damage != "beyond")
    assert project.accepted.percents.max() <= 100
    np.testing.assert_array_equal(project.accepted.labels, expected)


@pytest.mark.parametrize("limit", [None, 2.05])
@pytest.mark.parametrize("method", ["graph", "nearest", "ball", "article"])
def test_window_command_library_and_folder_agree(
    tmp_path: Path, method: str, limit: float | None
) -> None:
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    settings = FusionSettings(
        method=method, max_distance=0.2, max_camera_distance=limit, min_confidence=0.1
    )
    session = open_session(SCENE, root, post=mailbox.post, classes=["a", "b"])
    window = session.project
    paint(window)
    window.request_fuse(LOW)
    assert mailbox.run_until(lambda: window.fusion is not None)
    assert window.accept(1) > 100
    window.paint(2, Stroke(np.array([[20, 100], [140, 200]]), 40, 1))
    window.request_fuse(settings)
    assert mailbox.run_until(lambda: not window.fusion_is_stale and not window.is_fusing)
    shown = labelled_scene(window)
    assert (shown.source == ACCEPTED).any() == (method != "article")
    session.close()
    reopened, _ = read_project(root, SCENE)
    same(labelled_scene(reopened), shown)
    reopened.fuse()
    same(labelled_scene(reopened), shown)
    result = run_fuse(
        SCENE,
        reopened.masks,
        reopened.taxonomy,
        settings,
        layer=reopened.ballots.layer,
        accepted=reopened.accepted.snapshot(),
    )
    same(result.labelled, shown)
    assert result.overruled == window.overruled() == reopened.overruled()
    report = fuse_report(result, seconds={}, outputs=[])
    counted = reopened.coverage()
    assert report["coverage"]["accepted"]["points"] == counted.accepted
    assert [c["accepted"] for c in report["classes"]] == [c.accepted for c in counted.classes]
    assert result.labelled.source.max() == shown.source.max()


def test_the_setting_counts_without_a_fusion_too(project: Project) -> None:
    project.fuse(FusionSettings(min_confidence=0))
    project.accept(1)
    project.drop_fusion()
    told: list[str] = []
    project.fused_changed.connect(lambda: told.append("changed"))
    kept, painted = project.accepted.confidence_of(None), project.painted > 0
    for least in (0.0, 0.6, 1.0):
        project.coverage()
        project.set_min_confidence(least)
        shown = ~painted & (project.accepted.labels > 0) & (kept >= least)
        np.testing.assert_array_equal(project.source_of(None) == ACCEPTED, shown)
        assert project.coverage().accepted == np.count_nonzero(shown)
    assert told == ["changed"] * 3


def test_switched_off_and_left_out(project: Project) -> None:
    project.fuse(LOW)
    project.accept(1)
    project.show_fused(False)
    source = project.source_of(None)
    assert set(source.tolist()) == {NONE, PAINTED, ACCEPTED}, "what was accepted stands by itself"
    confidence = project.confidence_of(None)
    assert (confidence[source == PAINTED] == 1).all()
    kept = project.accepted.confidence_of(None)
    np.testing.assert_array_equal(confidence[source == ACCEPTED], kept[source == ACCEPTED])
    painted = labelled_scene(project, painted_only=True)
    np.testing.assert_array_equal(painted.labels, project.painted)
    assert set(painted.source.tolist()) == {NONE, PAINTED}
    project.drop_fusion()
    np.testing.assert_array_equal(project.source_of(None), source)


def test_all_paint_gone_it_still_stands() -> None:
    project = Project(SCENE, classes=["a", "b"])
    paint(project)
    project.fuse(LOW)
    project.accept(1)
    some = np.flatnonzero(project.source_of(None) == ACCEPTED)
    project.set_mask(0, np.zeros((1080, 160)))
    project.set_mask(2, np.zeros((1080, 160)))
    some = some[project.accepted.labels[some] > 0]
    assert not project.has_paint
    project.fuse(LOW)
    assert (project.source_of(some) == ACCEPTED).all()
    result = run_fuse(SCENE, {}, project.taxonomy, LOW, accepted=project.accepted.snapshot())
    np.testing.assert_array_equal(result.labelled.labels, project.labels)


def test_points_that_do_not_exist(project: Project) -> None:
    for points in ([3000], [-1]):
        with pytest.raises(ValueError, match=r"do not lie in 0\.\.2999"):
            project.accept(points=np.array(points))
    with pytest.raises(ValueError, match="photo 9 is not one of 3"):
        project.accept(9)
