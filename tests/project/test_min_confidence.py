"""What is less sure than the project's setting is unlabelled in every output, and is remembered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.core.scene import PointCloud, Scene
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.io.exporters import export
from o3d_paint.io.mask_exporters import write_masks
from o3d_paint.project.document_in import document_in
from o3d_paint.project.project import Project
from o3d_paint.project.report import labelled_scene
from o3d_paint.project.session import open_session, read_project
from tests.project.golden import FOLDER, golden_scene
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=3000, num_frames=3)


def scene_with_an_island() -> Scene:
    """The strip, and ten times as far away as it is long a thing that no photo shows."""
    island = np.random.default_rng(1).uniform(-0.4, 0.4, (900, 3))
    island[:, 2] += 34
    cloud = PointCloud(
        np.concatenate([SCENE.cloud.xyz, island]),
        np.concatenate([SCENE.cloud.rgb, SCENE.cloud.rgb[:900]]),
    )
    return replace(SCENE, cloud=cloud)


ISLANDED = scene_with_an_island()
BEFORE = FOLDER / "fused_before"


def paint(project: Project) -> None:
    project.paint(0, Stroke(np.array([[20, 300], [140, 420]]), 40, 1))
    project.paint(2, Stroke(np.array([[20, 600], [140, 700]]), 40, 2))
    project.set_layer(np.arange(20), 2)


@pytest.fixture
def project() -> Project:
    project = Project(ISLANDED, classes=["a", "b"])
    paint(project)
    return project


def test_the_usual_setting_leaves_out_what_is_a_coin_flip(project: Project) -> None:
    assert project.min_confidence == 0.5
    labels = project.fuse()
    fusion = project.fusion
    unsure = (fusion.confidence < 0.5) & (fusion.labels > 0)
    assert 0.1 < unsure.mean() < 0.9
    np.testing.assert_array_equal(labels, np.where(unsure, 0, fusion.labels))
    assert unsure[3000:].all()
    assert not unsure[project.painted > 0].any()


def test_the_setting_changes_every_view_at_once_and_nothing_is_solved_again(
    project: Project,
) -> None:
    project.fuse()
    fusion = project.fusion
    told: list[str] = []
    project.fused_changed.connect(lambda: told.append("fused"))
    for least in (0.0, 0.8, 0.3, 1.0, 0.5):
        project.set_min_confidence(least)
        assert project.fusion is fusion
        assert project.fusion_settings.min_confidence == project.min_confidence == least
        kept = (fusion.confidence >= least) & (fusion.labels > 0)
        np.testing.assert_array_equal(project.labels > 0, kept)
        np.testing.assert_array_equal(project.source_of(None) > 0, kept)
        np.testing.assert_array_equal(project.confidence_of(None) > 0, kept)
        some = np.arange(1000, 2000, 7, dtype=np.int32)
        np.testing.assert_array_equal(project.labels_of(some), project.labels[some])
        np.testing.assert_array_equal(project.source_of(some), project.source_of(None)[some])
        coverage = project.coverage()
        assert coverage.fused == np.count_nonzero(kept)
        assert coverage.confident == np.count_nonzero(kept & (fusion.confidence >= 0.7))
        lost = project.overruled()
        assert {c.class_id for c in lost if not c.labelled} == (
            {1, 2} - set(np.unique(project.labels).tolist())
        )
    assert told == ["fused"] * 5
    with pytest.raises(ValueError, match="min_confidence must be a number from 0 to 1"):
        project.set_min_confidence(1.5)
    assert project.min_confidence == 0.5


def test_labels_that_were_laid_or_kept_on_request_are_sure(project: Project) -> None:
    project.fuse(FusionSettings(min_confidence=1))
    assert (project.labels[:20] == 2).all()
    painted = project.painted.copy()
    project.fuse(FusionSettings(min_confidence=1, keep_strokes=True))
    np.testing.assert_array_equal(project.labels[painted > 0], painted[painted > 0])
    assert np.count_nonzero(project.labels) < len(painted)


def test_paint_that_is_newer_than_the_fusion_is_sure(project: Project) -> None:
    before = project.fuse(FusionSettings(min_confidence=1))
    project.paint(1, Stroke(np.array([[80, 100]]), 60, 1))
    new = project.labels != before
    assert np.count_nonzero(new) > 20
    assert (project.source_of(None)[new] == 1).all()
    assert (project.confidence_of(None)[new] == 1).all()


def test_files_and_masks_obey_the_setting(project: Project, tmp_path: Path) -> None:
    project.fuse()
    written = {}
    for least in (0.0, 0.95):
        project.set_min_confidence(least)
        labelled = labelled_scene(project)
        export(labelled, tmp_path / f"{least}.npy")
        labels = np.load(tmp_path / f"{least}.npy")
        np.testing.assert_array_equal(labels, project.labels)
        write_masks(labelled, tmp_path / f"masks_{least}")
        drawn = [p.stat().st_size for p in sorted((tmp_path / f"masks_{least}").glob("*.png"))]
        written[least] = np.count_nonzero(labels), drawn
    assert written[0.0][0] > written[0.95][0]
    assert written[0.0][1] != written[0.95][1]


def test_the_setting_is_remembered_and_survives_a_crash(tmp_path: Path) -> None:
    root = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, classes=["a", "b"])
    paint(session.project)
    session.project.fuse()
    session.save(wait=True)
    session.project.set_min_confidence(0.25)
    labels = session.project.labels
    session.abandon()  # nothing but the journal knows
    reopened, messages = read_project(root, SCENE)
    assert messages == ()
    assert reopened.min_confidence == 0.25
    np.testing.assert_array_equal(reopened.labels, labels)
    assert not reopened.fusion_is_stale


def test_a_project_that_was_fused_before_stays_as_it_was_until_it_is_fused_again(
    tmp_path: Path,
) -> None:
    root = tmp_path / "p.o3dpaint"
    shutil.copytree(BEFORE, root)
    with np.load(root / "expected.npz") as kept:
        labels, confidence = kept["labels"], kept["confidence"]
    assert (confidence < 0.5).any()
    for _ in range(2):
        session = open_session(golden_scene(), root)
        project = session.project
        (sentence,) = session.messages
        assert "earlier version" in sentence
        assert "until it is fused again" in sentence
        assert project.fusion_is_stale
        assert project.fusion_is_outdated
        assert not project.paint_is_newer
        np.testing.assert_array_equal(project.labels, labels)
        np.testing.assert_array_equal(project.confidence_of(None), confidence)
        # What was asked for holds from the next fusion on; chosen weights are gone.
        expected = FusionSettings(
            keep_strokes=True, max_distance=0.07, min_neighbors=3, batch_size=100_000
        )
        assert project.fusion_settings == expected
        assert "weights" not in project.settings
        project.set_setting("note", "touched")
        session.close()
    session = open_session(golden_scene(), root)
    session.project.set_min_confidence(0.5)  # by hand it applies at once
    np.testing.assert_array_equal(session.project.labels > 0, confidence >= 0.5)
    session.project.fuse()
    assert not session.project.fusion_is_stale
    now = session.project.labels
    session.close()
    kept = document_in(root).settings
    assert kept["fusion"]["keep_strokes"] is True
    assert not {"fuse", "weights"} & kept.keys()
    reopened, messages = read_project(root, golden_scene())
    assert messages == ()
    assert not reopened.fusion_is_stale
    np.testing.assert_array_equal(reopened.labels, now)


def test_paint_after_opening_shows_on_what_was_fused_before() -> None:
    project, _ = read_project(BEFORE, golden_scene())
    before = project.labels
    project.paint(1, Stroke(np.array([[80, 600]]), 60, 3))
    changed = project.labels != before
    assert changed.any()
    assert (project.labels[changed] == 3).all()
    assert project.paint_is_newer
    assert project.fusion_is_outdated


@pytest.mark.parametrize("odd", ["{", "[1]", '"x"', '{"min_confidence": 9}'])
def test_settings_of_a_fused_layer_that_make_no_sense_are_no_reason_to_refuse(
    tmp_path: Path, odd: str
) -> None:
    root = tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, classes=["a", "b"])
    paint(session.project)
    session.project.fuse()
    session.close()
    with np.load(root / "fused.npz") as archive:
        arrays = dict(archive)
    for settings, model in ((odd, arrays["model"]), (str(arrays["settings"]), np.array([1, 2]))):
        np.savez(root / "fused.npz", **{**arrays, "settings": np.array(settings), "model": model})
        project, _ = read_project(root, SCENE)
        assert project.painted.any()
