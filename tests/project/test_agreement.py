"""Window, command line, library and reopened project agree on every label."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.fusion.settings import METHODS, FusionSettings
from o3d_paint.project.evaluation import evaluate
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.pipeline import FuseResult, run_fuse
from o3d_paint.project.project import Project
from o3d_paint.project.report import labelled_scene
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=4000, num_frames=4)
FAR = 2.05  # some points of the wall lie farther from every camera
SETTINGS = [
    *(FusionSettings(method=m, min_confidence=c) for m in METHODS for c in (0, 0.5, 0.8)),
    FusionSettings(keep_strokes=True, min_confidence=0.9),
    FusionSettings(max_camera_distance=FAR, tolerance=0.03),
    FusionSettings(method="article", max_camera_distance=FAR, tolerance=0.05, max_distance=0.2),
]


def paint(project: Project, seed: int = 3) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(25):
        points = rng.uniform((0, 0), (160, 1080), (3, 2))
        project.paint(int(rng.integers(4)), Stroke(points, 12.0, int(rng.integers(0, 4))))
        if rng.random() < 0.2:
            project.undo()
    project.set_layer(np.arange(200), 3)


def by_masks(project: Project, settings: FusionSettings) -> FuseResult:
    return run_fuse(SCENE, project.masks, project.taxonomy, settings, layer=project.ballots.layer)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.method} {s.min_confidence}")
def test_the_same_paint_gives_the_same_labels_everywhere(
    tmp_path: Path, settings: FusionSettings
) -> None:
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, post=mailbox.post, classes=["a", "b", "c"])
    window = session.project
    paint(window)
    window.request_fuse(settings)
    assert mailbox.run_until(lambda: window.fusion is not None)
    assert not window.fusion_is_stale
    session.close()
    shown, figures = labelled_scene(window), window.coverage()
    assert np.count_nonzero(shown.labels) > 0
    assert not shown.source[shown.labels == 0].any()

    reopened, messages = read_project(root, SCENE)
    assert messages == ()
    assert not reopened.fusion_is_stale
    same(labelled_scene(reopened), shown)
    assert reopened.fusion_settings == window.fusion_settings == settings
    assert reopened.coverage() == figures
    np.testing.assert_array_equal(reopened.fuse(), shown.labels)
    same(labelled_scene(reopened), shown)
    assert not reopened.fusion_is_stale

    result = by_masks(reopened, settings)
    same(result.labelled, shown)
    assert result.settings == reopened.fusion.settings
    assert result.overruled == window.overruled() == reopened.overruled()
    if settings.method != "article" and settings.max_camera_distance is None:
        np.testing.assert_array_equal(result.painted, window.painted)

    library = Project(SCENE, window.taxonomy)
    for i, mask in reopened.masks.items():
        library.set_mask(i, mask)
    library.set_layer(np.arange(200), 3)
    np.testing.assert_array_equal(library.fuse(settings), shown.labels)
    assert evaluate(library).to_json() == evaluate(reopened).to_json()


def same(one, other) -> None:
    """Fail unless two labelled scenes are equal in every column of an export."""
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.source, other.source)
    assert (one.confidence is None) == (other.confidence is None)
    if one.confidence is not None:
        np.testing.assert_array_equal(one.confidence, other.confidence)


def test_undoing_what_was_painted_after_fusing_gives_the_same_labels_again() -> None:
    project = Project(SCENE, classes=["a", "b", "c"])
    paint(project)
    before = project.fuse()
    project.paint(1, Stroke(np.array([[20, 300], [140, 800]]), 30.0, 2))
    assert (project.labels != before).any()
    assert (project.fuse() != before).any()
    project.undo()
    np.testing.assert_array_equal(project.fuse(), before)


def test_a_tolerance_of_the_settings_counts_for_paint_from_before(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rough = replace(SCENE.cloud, xyz=SCENE.cloud.xyz + rng.normal(0, 0.02, (4000, 3)) * [0, 0, 1])
    scene = replace(SCENE, cloud=rough)
    session = open_session(scene, tmp_path / "p.o3dpaint", classes=["a", "b", "c"])
    project = session.project
    paint(project)
    wide = project.painted.copy()
    narrow = replace(project.fusion_settings, tolerance=0.001)
    labels = project.fuse(narrow)
    assert 0 < np.count_nonzero(project.painted[200:]) < np.count_nonzero(wide[200:])
    result = run_fuse(scene, project.masks, project.taxonomy, narrow, layer=project.ballots.layer)
    np.testing.assert_array_equal(result.painted, project.painted)
    np.testing.assert_array_equal(result.labelled.labels, labels)
    session.close()
    reopened, _ = read_project(tmp_path / "p.o3dpaint", scene)
    np.testing.assert_array_equal(reopened.painted, project.painted)
    assert not reopened.fusion_is_stale
    # The article's tolerance is another thing: votes stay those of the photos' own.
    reopened.fuse(FusionSettings(method="article", tolerance=0.001))
    np.testing.assert_array_equal(reopened.painted, wide)


def test_settings_of_another_version_do_not_keep_a_project_from_opening(tmp_path: Path) -> None:
    session = open_session(SCENE, tmp_path / "p.o3dpaint", classes=["a"])
    session.project.set_setting("fusion", {"method": "ball", "of_tomorrow": 5})
    session.close()
    project, messages = read_project(tmp_path / "p.o3dpaint", SCENE)
    assert messages == ()
    assert project.fusion_settings == FusionSettings(method="ball")
