"""The painted photos choose the weights; the project keeps them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.fuse import FuseOptions
from o3d_paint.fusion.random_walk import WalkerSettings
from o3d_paint.fusion.tune import Tuning
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.pipeline import FusePlan, run_fuse
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session, read_project
from o3d_paint.project.weights import SETTING, Weights, is_choice_due
from tests.project.scenes import strip_scene

# Thousands of points through the solver: minutes in plain Python.
pytestmark = pytest.mark.compiled

PLAIN = strip_scene(num_points=6000, num_frames=9)


def printed_scene():
    """A strip printed all over: colour says nothing about its two classes."""
    cell = (PLAIN.cloud.xyz * 7).astype(int) @ np.array([7, 11, 13]) % 4
    rgb = np.array([[220, 30, 30], [30, 30, 220], [240, 240, 230], [20, 20, 20]], np.uint8)[cell]
    return replace(PLAIN, cloud=PointCloud(PLAIN.cloud.xyz, rgb))


SCENE = printed_scene()


def paint(project: Project, photos: range) -> None:
    for i in photos:
        mask = np.zeros(SCENE.frames[i].mask_shape, dtype=np.uint16)
        height, width = mask.shape
        mask[: height // 2, : width // 3] = 1
        mask[height // 2 :, width // 2 :] = 2
        project.set_mask(i, mask)


def walker_of(project: Project) -> WalkerSettings:
    return project.weighted_options.walker


def test_four_painted_photos_choose_and_three_do_not():
    project = Project(SCENE, classes=["a", "b"])
    paint(project, range(3))
    project.fuse()
    assert project.weights is None
    paint(project, range(3, 4))
    project.fuse()
    assert project.weights is not None
    assert project.weights.photos == 4


def test_weights_are_kept_until_twice_as_much_is_painted():
    project = Project(SCENE, classes=["a", "b"])
    told: list[Tuning] = []
    project.weights_chosen.connect(told.append)
    paint(project, range(4))
    project.fuse()
    paint(project, range(4, 7))
    project.fuse()
    assert [t.photos for t in told] == [4]
    paint(project, range(7, 8))
    project.fuse()
    assert [t.photos for t in told] == [4, 8]
    project.fuse(tune=True)
    assert [t.photos for t in told] == [4, 8, 8]


def test_nobody_chooses_where_weights_or_a_method_were_given():
    own = FuseOptions(walker=WalkerSettings(color_scale=17.0))
    assert not is_choice_due(own, None, 5)
    assert not is_choice_due(FuseOptions(method="ball"), None, 5)
    assert is_choice_due(FuseOptions(), None, 4)
    project = Project(SCENE, classes=["a", "b"])
    paint(project, range(4))
    project.fuse(own)
    assert project.weights is None
    assert walker_of(project).color_scale == 17.0
    project.choose_weights()
    assert project.weights is not None  # without a worker it is done at once
    assert walker_of(project) == project.weights.walker


def test_window_commands_and_reopened_project_choose_alike(tmp_path: Path):
    mailbox = Mailbox()
    session = open_session(SCENE, tmp_path / "p.o3dpaint", post=mailbox.post, classes=["a", "b"])
    project = session.project
    stages: list[str] = []
    project.fuse_progress.connect(lambda _, stage: stages.append(stage))
    paint(project, range(4))
    project.request_fuse()
    assert mailbox.run_until(lambda: project.fusion is not None)
    session.close()
    assert "choosing weights" in stages
    shown = project.labels
    assert project.weights is not None
    kept = json.loads((tmp_path / "p.o3dpaint" / "project.json").read_text("utf-8"))
    assert Weights.from_setting(kept["settings"][SETTING]) == project.weights

    by_masks = run_fuse(SCENE, project.masks, project.taxonomy)
    assert by_masks.plan.weights == project.weights
    np.testing.assert_array_equal(by_masks.labelled.labels, shown)
    reopened, _ = read_project(tmp_path / "p.o3dpaint", SCENE)
    np.testing.assert_array_equal(reopened.labels, shown)
    assert reopened.weights == project.weights
    np.testing.assert_array_equal(reopened.fuse(), shown)


def test_a_choice_that_was_cancelled_is_made_the_next_time(tmp_path: Path):
    mailbox = Mailbox()
    session = open_session(SCENE, tmp_path / "p.o3dpaint", post=mailbox.post, classes=["a", "b"])
    project = session.project
    paint(project, range(4))
    project.request_fuse()
    assert mailbox.run_until(lambda: project.is_fusing)
    project.cancel_fuse()
    assert project.weights is None
    assert project.fusion is None
    project.request_fuse()
    assert mailbox.run_until(lambda: project.weights is not None)
    session.close()


def test_strokes_do_not_wait_for_a_choice_that_is_due(tmp_path: Path):
    mailbox = Mailbox()
    session = open_session(SCENE, tmp_path / "p.o3dpaint", post=mailbox.post, classes=["a", "b"])
    project = session.project
    seen: list[str] = []
    paint(project, range(3))
    project.fuse()
    project.fused_changed.connect(lambda: seen.append("labels"))
    project.weights_chosen.connect(lambda _: seen.append("weights"))
    project.refresh_fused = True
    paint(project, range(3, 4))
    assert mailbox.run_until(lambda: "weights" in seen)
    assert seen[0] == "labels"
    before = walker_of(project)
    paint(project, range(4, 5))
    assert mailbox.run_until(lambda: not project.is_fusing and not project.fusion_is_stale)
    assert walker_of(project) == before
    assert seen.count("weights") == 1
    session.close()


def test_commands_take_the_weights_of_the_project():
    project = Project(SCENE, classes=["a", "b"])
    paint(project, range(3))
    project.fuse()
    paint(project, range(3, 5))
    kept = Weights("graph", WalkerSettings(color_scale=11.0), photos=4)
    project.set_setting(SETTING, kept.to_setting())
    plan = FusePlan().completed_by(project.fuse_options, project.weights)
    result = run_fuse(SCENE, project.masks, project.taxonomy, plan)
    assert result.plan.weights == kept
    np.testing.assert_array_equal(result.labelled.labels, project.fuse())
    anew = run_fuse(SCENE, project.masks, project.taxonomy, replace(plan, tune=True))
    assert anew.plan.weights is not None
    assert anew.plan.weights.photos == 5


def test_without_a_choice_the_usual_weights_count():
    project = Project(SCENE, classes=["a", "b"])
    paint(project, range(4))
    result = run_fuse(SCENE, project.masks, project.taxonomy, FusePlan(tune=False))
    assert result.plan.weights is None
    np.testing.assert_array_equal(result.labelled.labels, project.fuse(tune=False))


@pytest.mark.parametrize("damage", [None, 5, {}, {"method": "graph", "walker": {"new": 1.0}}])
def test_a_choice_of_another_version_is_made_again(damage: object):
    assert Weights.from_setting(damage) is None


def test_a_choice_survives_json():
    weights = Weights("nearest", WalkerSettings(trust=0.2), photos=7)
    assert Weights.from_setting(json.loads(json.dumps(weights.to_setting()))) == weights
