"""How sure the votes of near paint are: nearer to other paint less, with more photos more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.geometry import estimate_spacing
from o3d_paint.core.metrics import reliability
from o3d_paint.core.scene import PointCloud
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.confidence import confidence_of_vote
from o3d_paint.fusion.fuse import fuse
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.fusion.vote_confidence import paint_distances, vote_confidence
from o3d_paint.io.masks import fitted_mask
from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.sample.painter import PainterOptions, paint_photos, spread_photos
from o3d_paint.io.scene import load_scene
from o3d_paint.project.pipeline import run_fuse


def plane(count=20_000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((count, 3)) * [4, 2, 0]


def test_distances_are_those_to_the_own_and_to_other_paint():
    xyz = plane()
    spacing = estimate_spacing(xyz)
    painted = np.zeros(len(xyz), dtype=np.uint16)
    painted[xyz[:, 0] < 0.5], painted[xyz[:, 0] > 3.2] = 4, 9
    painted[np.hypot(xyz[:, 0] - 2, xyz[:, 1] - 1) < 0.2] = 300
    labels = np.where(xyz[:, 0] < 1, 4, np.where(xyz[:, 0] < 3, 300, 9)).astype(np.uint16)
    labels[xyz[:, 1] > 1.9] = 0
    own, other = paint_distances(xyz, painted, labels, spacing=spacing)
    for class_id in (4, 9, 300):
        mine = labels == class_id
        right = cKDTree(xyz[painted == class_id]).query(xyz[mine])[0] / spacing
        np.testing.assert_allclose(own[mine], right, atol=1e-9)
        right = cKDTree(xyz[(painted > 0) & (painted != class_id)]).query(xyz[mine])[0] / spacing
        # Points count by small cells there: half a diagonal on either side.
        assert np.abs(other[mine] - right).max() < 4 * np.sqrt(2)
    assert np.isinf(own[labels == 0]).all()
    assert np.isinf(other[labels == 0]).all()


def test_paint_of_one_class_has_no_other():
    xyz = plane(2000)
    labels = np.full(2000, 7, dtype=np.uint16)
    painted = np.where(xyz[:, 0] < 0.1, labels, 0).astype(np.uint16)
    own, other = paint_distances(xyz, painted, labels, spacing=0.03)
    assert np.isfinite(own).all()
    assert np.isinf(other).all()
    confidence = vote_confidence(xyz, labels, painted, np.ones(2000), np.ones(2000, np.uint8))
    assert confidence.min() > 0.5


def test_doubt_grows_towards_other_paint_and_away_from_the_own():
    step = np.linspace(0, 1000, 500)
    ones = np.ones(500)
    assert (np.diff(confidence_of_vote(step, 200 * ones, ones, ones)) <= 0).all()
    assert (np.diff(confidence_of_vote(0 * ones, step, ones, ones)) >= 0).all()
    assert confidence_of_vote(*np.array([[0.0], [0.0], [1.0], [1.0]]))[0] > 0.5
    nothing = confidence_of_vote(np.array([np.inf]), np.array([np.inf]), ones[:1], ones[:1])
    assert 0 < nothing[0] < 0.5


def test_photos_that_agree_make_surer_and_those_that_differ_less():
    four, zero = np.full(4, 6.0), np.zeros(4)
    photos, agreement = np.array([1.0, 2, 3, 2]), np.array([1.0, 1, 1, 0.5])
    one, two, three, torn = confidence_of_vote(zero, four, agreement, photos)
    assert torn < one < two < three < 1


@pytest.mark.parametrize("method", ["nearest", "ball"])
def test_confidence_does_not_hang_on_the_order_of_points(method):
    xyz = plane(6000)
    rng = np.random.default_rng(1)
    rgb = np.zeros((6000, 3), dtype=np.uint8)
    said = np.where(xyz[:, 0] < 1, 1, np.where(xyz[:, 0] > 3, 2, 0)).astype(np.uint16)
    options = FusionSettings(method=method, max_distance=0.4)
    found = []
    for order in (np.arange(6000), rng.permutation(6000)):
        points = np.flatnonzero(said[order]).astype(np.int32)
        evidence = Evidence(6000, (FrameVotes(0, points, said[order][points]),))
        confidence = np.zeros(6000)
        confidence[order] = fuse(PointCloud(xyz[order], rgb), evidence, options).confidence
        found.append(confidence)
    np.testing.assert_allclose(*found, atol=2e-2)


def test_labels_laid_on_points_are_certain():
    xyz = plane(1000)
    layer = np.where(xyz[:, 0] < 2, 1, 2).astype(np.uint16)
    layer[::3] = 0
    fusion = fuse(
        PointCloud(xyz, np.zeros((1000, 3), dtype=np.uint8)),
        Evidence(1000, (), layer),
        FusionSettings(method="ball", max_distance=0.5, min_neighbors=1),
    )
    assert (fusion.confidence[layer > 0] == 1).all()
    assert (fusion.confidence[layer == 0] < 1).all()


@pytest.fixture(scope="module")
def painted_toy(tmp_path_factory):
    sample = generate_sample(SampleOptions(seed=7, resolution=260, shadows=False, smooth=False))
    scene = load_scene(write_sample(sample, tmp_path_factory.mktemp("toy")))
    chosen = spread_photos(len(scene.frames), 5)
    painted = paint_photos(sample.truth_pixels, chosen, PainterOptions(fill=0.4, seed=7))
    masks = {i: fitted_mask(p.mask, scene.frames[i], "") for i, p in painted.items()}
    return scene, masks, sample.truth_points.astype(np.uint16)


@pytest.mark.parametrize("method", ["nearest", "ball"])
def test_confidence_means_what_it_says(painted_toy, method):
    scene, masks, truth = painted_toy
    settings = FusionSettings(method=method, min_confidence=0)
    found = run_fuse(scene, masks, Taxonomy(), settings).labelled
    known = truth > 0
    right = found.labels[known] == truth[known]
    measured = reliability(found.confidence[known], right)
    # Strokes run over by half as many spacings here as where it was fitted.
    assert measured.expected_calibration_error < 0.08
