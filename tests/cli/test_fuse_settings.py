"""The options of ``fuse`` that say how labels come about, and what its report says of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from o3d_paint.fusion.settings import FusionSettings
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


@pytest.mark.parametrize("flag", ["--tune", "--no-tune"])
def test_choosing_weights_is_accepted_and_said_to_be_gone(run, scene_file, masks, tmp_path, flag):
    plain, labels, _ = fused(run, scene_file, tmp_path, "--masks", masks)
    report, same, text = fused(run, scene_file, tmp_path, "--masks", masks, flag)
    np.testing.assert_array_equal(labels, same)
    sentence = f"{flag} has no effect any more"
    assert sentence in text
    assert [n for n in report["notes"] if sentence in n]
    assert report["parameters"] == plain["parameters"]
    assert "tune" not in run("fuse", "--help").output


def test_the_settings_of_a_project_hold_and_what_is_typed_goes_before(
    run, scene_file, project, truth, tmp_path
):
    session = open_session(load_scene(scene_file), project)
    for i in (1, 3):
        session.project.set_mask(i, truth[i].astype(np.uint16))
    settings = FusionSettings(method="nearest", min_confidence=0.2, keep_strokes=True)
    expected = session.project.fuse(settings).copy()
    session.close()
    report, labels, _ = fused(run, scene_file, tmp_path, "--project", project)
    assert report["method"] == "nearest"
    assert report["parameters"]["min_confidence"] == 0.2
    np.testing.assert_array_equal(labels, expected)
    report, labels, _ = fused(
        run, scene_file, tmp_path, "--project", project, "--method", "graph",
        "--min-confidence", 0, "--no-keep-strokes",
    )  # fmt: skip
    assert (report["method"], report["parameters"]["min_confidence"]) == ("graph", 0)
    assert report["parameters"]["keep_strokes"] is False
    assert (labels > 0).all()


def test_the_report_lists_conflicts_by_pair(run, scene_file, masks, tmp_path):
    report, _, text = fused(run, scene_file, tmp_path, "--masks", masks)
    (found,) = report["conflicts"]
    assert found["classes"] == [1, 2]
    assert found["points"] > 0
    assert f"{found['names'][0]} and {found['names'][1]}: {found['points']:,}" in text


def test_unsure_points_stay_unlabelled_and_strokes_are_kept(run, scene_file, masks, tmp_path):
    report, labels, text = fused(run, scene_file, tmp_path, "--masks", masks)
    coverage = report["coverage"]
    assert report["parameters"]["min_confidence"] == 0.5
    assert coverage["fused"]["points"] == np.count_nonzero(labels)
    part = coverage["confident"]["points"] / coverage["fused"]["points"]
    assert coverage["confident"]["share_of_fused"] == pytest.approx(part)
    assert f"{part:.1%} of the fused ones" in text
    everything, more, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--min-confidence", 0)
    sure, fewer, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--min-confidence", 0.99)
    assert np.count_nonzero(fewer) < np.count_nonzero(labels) <= np.count_nonzero(more)
    assert everything["coverage"]["fused"]["share"] == 1
    assert sure["parameters"]["min_confidence"] == 0.99
    kept, exact, _ = fused(
        run, scene_file, tmp_path, "--masks", masks, "--keep-strokes", "--min-confidence", 1
    )
    painted = report["coverage"]["painted"]["points"]
    assert sum(c["painted"] for c in kept["classes"]) == painted
    assert np.count_nonzero(exact) >= painted


def test_a_painted_class_does_not_vanish_in_silence(run, scene_file, masks, truth, tmp_path):
    # One photo says of a part of the floor what no other that sees it says.
    mask = truth[0].astype(np.uint8)
    mask[-4:, :8] = 5
    Image.fromarray(mask).save(masks / "000.png")
    report, labels, text = fused(run, scene_file, tmp_path, "--masks", masks)
    assert 5 not in labels
    names = {c["id"]: c["name"] for c in report["classes"]}
    assert next(iter(report["overruled"])) == names[5]
    found = report["overruled"][names[5]]
    assert found["id"] == 5
    assert found["labelled"] == 0
    assert found["overruled"] + found["unlabelled"] == found["painted"]
    sentence = f"Painted and yet without any labelled point: {names[5]}"
    assert sentence in text
    assert [n for n in report["notes"] if n.startswith(sentence)]


def test_overruled_paint_is_counted_by_class(run, scene_file, masks, truth, tmp_path):
    flags = ("--masks", masks, "--min-confidence", 0)
    report, _, text = fused(run, scene_file, tmp_path, *flags)
    assert report["overruled"]
    for name, found in report["overruled"].items():
        assert found["share"] == found["overruled"] / found["painted"] > 0
        line = f"{name} on {found['overruled']:,} of {found['painted']:,} painted points"
        assert line in text
    kept, *_ = fused(run, scene_file, tmp_path, *flags, "--keep-strokes")
    assert kept["overruled"] == {}


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--max-distance", 1], "--max-distance has no effect with method graph: nearest, ball"),
        (["--min-neighbors", 2], "--min-neighbors has no effect with method graph: ball and"),
        (["--batch-size", 9], "--batch-size has no effect with method graph"),
        (["--method", "nearest", "--min-neighbors", 2], "no effect with method nearest: ball"),
        (["--method", "ball", "--keep-strokes"], "--keep-strokes has no effect with method ball"),
    ],
)
def test_an_option_without_effect_is_said(run, scene_file, masks, tmp_path, flags, sentence):
    report, _, text = fused(run, scene_file, tmp_path, "--masks", masks, *flags)
    assert sentence in text
    assert [n for n in report["notes"] if sentence in n]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--method", "artcle"], "--method 'artcle' does not exist: did you mean 'article'?"),
        (["--min-confidence", 7], "--min-confidence must be a number from 0 to 1, got 7"),
        (["--min-confidence", "nan"], "--min-confidence must be a number from 0 to 1, got nan"),
        (["--tolerance", 0], "--tolerance must be a finite number above 0"),
        (["--max-distance", "inf"], "--max-distance must be a finite number above 0"),
        (["--batch-size", 0], "--batch-size must be a whole number from 1 on"),
        (["--method", "article", "--keep-strokes"], "--keep-strokes cannot be part of --method"),
    ],
)
def test_a_value_out_of_range_is_refused_before_anything_is_read(run, masks, flags, sentence):
    result = run("fuse", "nowhere.npz", "--masks", masks, *flags)
    assert result.exit_code != 0
    assert sentence in " ".join(result.output.replace("│", " ").split())


def test_the_published_method_labels_as_it_always_did(run, scene_file, masks, tmp_path):
    from o3d_paint.fusion.article import article_labels
    from o3d_paint.io.masks import load_masks

    report, labels, _ = fused(run, scene_file, tmp_path, "--masks", masks, "--method", "article")
    scene = load_scene(scene_file)
    painted = load_masks(masks, scene).masks
    expected = article_labels(
        scene.cloud.xyz,
        [(scene.frames[i], painted[i]) for i in sorted(painted)],
        camera_positions=np.array([f.position for f in scene.frames]),
    )
    np.testing.assert_array_equal(labels, expected.labels)
    assert "min_confidence" not in report["parameters"]
    assert report["label_confidence"] is None
    assert report["coverage"]["painted"]["points"] == np.count_nonzero(expected.source == 1)
