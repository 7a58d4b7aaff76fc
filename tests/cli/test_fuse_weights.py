"""``fuse`` by weights that the painted photos choose, and what its report says of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session

pytestmark = pytest.mark.compiled


@pytest.fixture
def masks(tmp_path, truth):
    """Four photos painted as in truth, but for a part of one that calls the ball floor."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for i in range(4):
        mask = truth[i].astype(np.uint8)
        if i == 1:
            mask[:, :30][mask[:, :30] == 2] = 1
        Image.fromarray(mask).save(folder / f"{i:03d}.png")
    return folder


def fused(run, scene_file, tmp_path, *flags):
    report, labels = tmp_path / "r.json", tmp_path / "o.npy"
    result = run("fuse", scene_file, *flags, "--json", report, "-o", labels, "-y")
    assert result.exit_code == 0, result.output
    return json.loads(report.read_text()), np.load(labels), result.output


def test_weights_are_chosen_unless_told_otherwise(run, scene_file, masks, tmp_path):
    tuned, labels, _ = fused(run, scene_file, tmp_path, "--masks", masks)
    assert tuned["weights"]["photos"] == 4
    assert "weights" in tuned["seconds"]
    again, same, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--tune")
    assert again["weights"] == tuned["weights"]
    np.testing.assert_array_equal(labels, same)
    plain, _, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--no-tune")
    assert plain["weights"] is None


def test_the_choice_of_a_project_holds(run, scene_file, project, truth, tmp_path):
    session = open_session(load_scene(scene_file), project)
    for i in (1, 3):
        session.project.set_mask(i, truth[i].astype(np.uint16))
    expected = session.project.fuse().copy()
    chosen = session.project.weights
    session.close()
    report, labels, _ = fused(run, scene_file, tmp_path, "--project", project)
    assert report["weights"] == chosen.to_setting()
    assert "weights" not in report["seconds"]
    np.testing.assert_array_equal(labels, expected)


def test_the_report_lists_conflicts_by_pair(run, scene_file, masks, tmp_path):
    report, _, text = fused(run, scene_file, tmp_path, "--masks", masks)
    (found,) = report["conflicts"]
    assert found["classes"] == [1, 2]
    assert found["points"] > 0
    assert f"{found['names'][0]} and {found['names'][1]}: {found['points']:,}" in text


def test_unsure_points_stay_unlabelled_and_strokes_are_kept(run, scene_file, masks, tmp_path):
    report, labels, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--no-tune")
    sure, fewer, _ = fused(
        run, scene_file, tmp_path, "--masks", masks, "--no-tune", "--min-confidence", 1
    )
    assert np.count_nonzero(fewer) < np.count_nonzero(labels)
    assert sure["parameters"]["min_confidence"] == 1
    kept, exact, _ = fused(
        run, scene_file, tmp_path, "--masks", masks, "--no-tune", "--keep-strokes"
    )
    painted = report["coverage"]["painted"]["points"]
    assert sum(c["painted"] for c in kept["classes"]) == painted
    assert np.count_nonzero(exact) >= painted
