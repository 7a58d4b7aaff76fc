from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.distances import ball_radius
from o3d_paint.core.taxonomy import article_taxonomy
from o3d_paint.errors import SceneError
from o3d_paint.fusion.article import article_labels
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.io.masks import fitted_mask
from o3d_paint.io.scene import load_scene
from o3d_paint.project.pipeline import run_fuse
from o3d_paint.project.project import Project
from o3d_paint.project.report import fuse_report, scene_report
from tests.io.ball_on_floor import arrays, save

TAXONOMY = article_taxonomy()


@pytest.fixture(scope="module")
def truth():
    return arrays()[1]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


@pytest.fixture(scope="module")
def masks(scene, truth):
    sparse = truth * (np.add.outer(np.arange(40) // 4, np.arange(60) // 4) % 2)
    return {i: fitted_mask(sparse[i].astype(np.uint16), scene.frames[i], "m") for i in (2, 0)}


def point_truth(scene):
    radius = np.linalg.norm(scene.cloud.xyz - (0, 0, 0.5), axis=1)
    return np.where(np.abs(radius - 0.5) < 0.02, 2, 1)


def test_the_window_and_the_command_give_the_same_labels(scene, masks):
    result = run_fuse(scene, masks, TAXONOMY)
    project = Project(scene)
    for frame_idx, mask in masks.items():
        project.set_mask(frame_idx, mask)
    np.testing.assert_array_equal(project.painted, result.painted)
    np.testing.assert_array_equal(project.fuse(), result.labelled.labels)


def test_most_labels_are_right_and_paint_is_kept(scene, masks):
    result = run_fuse(scene, masks, TAXONOMY)
    labels = result.labelled.labels
    painted = result.painted > 0
    assert painted.mean() > 0.2
    # Beside a jump of the depth a pixel may paint what stands behind the rim: that is overruled.
    overruled = painted & (labels != result.painted)
    assert overruled.sum() < 0.01 * painted.sum()
    np.testing.assert_array_equal(labels[overruled], point_truth(scene)[overruled])
    # What one photo said of a point and another did not is painted, too.
    is_painted = result.labelled.source == 1
    assert is_painted[painted & ~overruled].all()
    assert not is_painted[~painted].any()
    labelled = labels > 0
    assert (labels == point_truth(scene))[labelled].mean() > 0.95


def test_the_article_is_the_published_method(scene, masks):
    plan = FusionSettings(method="article", tolerance=0.02, max_distance=0.2)
    result = run_fuse(scene, masks, TAXONOMY, plan)
    options = result.settings
    assert (options.conf_thresh, options.max_camera_distance, options.min_neighbors) == (
        0.4,
        5.0,
        3,
    )
    from o3d_paint.fusion.article import ArticleOptions

    expected = article_labels(
        scene.cloud.xyz,
        [(scene.frames[i], masks[i]) for i in sorted(masks)],
        ArticleOptions(tolerance=0.02, max_distance=0.2),
        camera_positions=np.array([f.position for f in scene.frames]),
    )
    np.testing.assert_array_equal(result.labelled.labels, expected.labels)
    assert np.count_nonzero(result.painted) > 100
    np.testing.assert_array_equal(result.painted > 0, expected.source == 1)


def test_article_defaults_are_the_published_ones(scene):
    plan = FusionSettings(method="article").resolved(scene)
    assert plan == FusionSettings(
        method="article",
        conf_thresh=0.4,
        tolerance=0.01,
        max_camera_distance=5.0,
        max_distance=0.05,
        min_neighbors=3,
        batch_size=100_000,
    )


def test_batch_size_does_not_change_labels(scene, masks):
    for method in ("ball", "article"):
        whole = run_fuse(scene, masks, TAXONOMY, FusionSettings(method=method, max_distance=0.2))
        small = run_fuse(
            scene, masks, TAXONOMY, FusionSettings(method=method, max_distance=0.2, batch_size=50)
        )
        np.testing.assert_array_equal(whole.labelled.labels, small.labelled.labels)


def test_paint_far_from_every_camera_does_not_count(scene, masks):
    near = run_fuse(scene, masks, TAXONOMY, FusionSettings(max_camera_distance=2.5))
    distances = np.min(
        [np.linalg.norm(scene.cloud.xyz - f.position, axis=1) for f in scene.frames], axis=0
    )
    painted = near.painted > 0
    assert painted.any()
    assert distances[painted].max() <= 2.5
    everything = run_fuse(scene, masks, TAXONOMY).painted
    np.testing.assert_array_equal(near.painted, np.where(distances <= 2.5, everything, 0))


def test_labels_laid_on_points_outrank_photos(scene, masks):
    layer = np.zeros(len(scene.cloud), np.uint16)
    layer[:50] = 5
    result = run_fuse(scene, masks, TAXONOMY, layer=layer)
    assert (result.labelled.labels[:50] == 5).all()


def test_a_photo_without_depth_is_named_to_the_article(scene, masks):
    from dataclasses import replace

    blind = replace(scene.frames[0], depth=None, confidence=None)
    without = replace(scene, frames=(blind, *scene.frames[1:]))
    with pytest.raises(SceneError, match=rf"photo '{blind.name}' has no depth.* method ball"):
        run_fuse(without, masks, TAXONOMY, FusionSettings(method="article"))
    # Only photos that are painted need depth.
    run_fuse(without, {2: masks[2]}, TAXONOMY, FusionSettings(method="article"))


def test_what_is_unsure_is_unlabelled_and_0_labels_everything_that_is_reached(scene, masks):
    usual = run_fuse(scene, masks, TAXONOMY).labelled
    all_of_them = run_fuse(scene, masks, TAXONOMY, FusionSettings(min_confidence=0)).labelled
    assert usual.confidence[usual.labels > 0].min() >= 0.5
    unsure = all_of_them.confidence < 0.5
    assert (all_of_them.labels > 0).all()
    np.testing.assert_array_equal(usual.labels, np.where(unsure, 0, all_of_them.labels))
    assert not usual.source[unsure].any()
    assert not usual.confidence[unsure].any()
    few = run_fuse(scene, masks, TAXONOMY, FusionSettings(min_confidence=1)).labelled
    assert np.count_nonzero(few.labels) < np.count_nonzero(usual.labels)


def test_nothing_painted_is_said(scene):
    empty = {0: np.zeros(scene.frames[0].mask_shape, np.uint16)}
    with pytest.raises(SceneError, match="nothing is painted"):
        run_fuse(scene, empty, TAXONOMY)


def test_distances_follow_the_spacing_where_units_are_no_metres(tmp_path):
    tiny = load_scene(save(tmp_path / "a.npz", arrays(scale=0.01)[0]))
    assert ball_radius(tiny) == pytest.approx(12 * tiny.spacing)
    plan = FusionSettings().resolved(tiny)
    assert plan.max_distance == ball_radius(tiny)
    masks = {0: np.full(tiny.frames[0].mask_shape, 1, np.uint16)}
    report = fuse_report(run_fuse(tiny, masks, TAXONOMY), seconds={}, outputs=[])
    assert report["parameters"]["tolerance"] == pytest.approx(2 * tiny.spacing)
    given = run_fuse(tiny, masks, TAXONOMY, FusionSettings(tolerance=0.5 * tiny.spacing))
    assert fuse_report(given, seconds={}, outputs=[])["parameters"]["tolerance"] == (
        0.5 * tiny.spacing
    )
    assert np.count_nonzero(given.painted) < report["coverage"]["painted"]["points"]


def test_scale_does_not_change_labels(tmp_path, scene, masks):
    tiny = load_scene(save(tmp_path / "a.npz", arrays(scale=1 / 128)[0]))
    plan = FusionSettings(max_distance=12 * scene.spacing)
    labels = run_fuse(scene, masks, TAXONOMY, plan).labelled.labels
    same = run_fuse(tiny, masks, TAXONOMY).labelled.labels == labels
    assert same.mean() > 0.999


def test_reports(scene, masks, tmp_path):
    report = fuse_report(
        run_fuse(scene, masks, TAXONOMY), seconds={"load": 1.0}, outputs=[tmp_path]
    )
    coverage = report["coverage"]
    assert coverage["painted"]["points"] == sum(c["painted"] for c in report["classes"])
    assert coverage["fused"]["points"] == sum(c["fused"] for c in report["classes"])
    votes = {int(photos): points for photos, points in report["votes"].items()}
    assert sum(votes.values()) == report["scene"]["points"]
    assert sum(n for photos, n in votes.items() if photos) == coverage["painted"]["points"]
    sure = report["label_confidence"]
    assert 0 <= sure["p10"] <= sure["median"] <= sure["p90"] <= 1
    assert 0 < sure["mean"] <= 1
    assert 0 < coverage["painted"]["share"] < coverage["fused"]["share"] <= 1
    assert report["parameters"]["min_confidence"] == 0.5
    assert coverage["confident"]["share_of_fused"] == pytest.approx(
        coverage["confident"]["points"] / coverage["fused"]["points"]
    )
    assert report["confidence"] == {"threshold": 0.4, "rule": "confidence > 0.4"}
    info = scene_report(scene)
    assert info["points"] == len(scene.cloud)
    assert (
        info["confidence"]["trusted_pixels"]
        == info["confidence"]["pixels_with_depth"]
        == info["points"]
    )
    assert info["photos"][0]["mask_size"] == [1620, 1080]
    assert info["units"]["plausibly_metres"] == scene.metric
