"""Commands treat accepted predictions as labels of a source of their own, and not as paint."""

from __future__ import annotations

import json

import numpy as np
import pytest

from o3d_paint.core.label_source import ACCEPTED, FUSED, PAINTED
from o3d_paint.io.masks import load_masks
from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session

pytestmark = pytest.mark.compiled


@pytest.fixture
def accepted(project, scene_file):
    """The project with all that a fusion adds accepted: confidence and source of every point."""
    session = open_session(load_scene(scene_file), project)
    work = session.project
    work.fuse()
    assert work.accept() > 0
    session.close()
    return work


def written(run, target, *args):
    result = run(*args, "-o", target, "-y")
    assert result.exit_code == 0, result.output
    with np.load(target) as arrays:
        return dict(arrays), result.output


def test_export_and_fuse_write_the_source(run, project, scene_file, accepted):
    folder = project.parent
    exported, _ = written(run, folder / "a.npz", "export", project)
    report = folder / "report.json"
    fused, text = written(
        run, folder / "b.npz", "fuse", scene_file, "--project", project, "--json", report
    )
    source, confidence = accepted.source_of(None), accepted.confidence_of(None)
    assert (source == ACCEPTED).any()
    assert (source == PAINTED).any()
    for arrays in (exported, fused):
        np.testing.assert_array_equal(arrays["labels"], accepted.labels)
        np.testing.assert_array_equal(arrays["source"], source)
        np.testing.assert_array_equal(arrays["confidence"], confidence)
        assert (confidence <= accepted.fusion.confidence).all()
    counted = json.loads(report.read_text())
    coverage = counted["coverage"]
    assert coverage["accepted"]["points"] == np.count_nonzero(source == ACCEPTED)
    assert coverage["painted"]["points"] == np.count_nonzero(accepted.painted)
    assert sum(c["accepted"] for c in counted["classes"]) == coverage["accepted"]["points"]
    assert "accepted" in text


def test_masks_and_render_draw_them_and_leave_them_out_on_request(
    run, project, scene_file, accepted
):
    folder = project.parent
    session = open_session(load_scene(scene_file), project)
    session.project.drop_fusion()
    session.project.set_mask(0, np.zeros_like(session.project.mask(0)))
    session.project.set_mask(2, np.zeros_like(session.project.mask(2)))
    left = session.project.labels
    assert not session.project.has_paint
    assert left.any(), "points that the erased photos do not show"
    session.close()
    assert run("masks", project, "-o", folder / "masks").exit_code == 0
    masks = load_masks(folder / "masks", load_scene(scene_file)).masks
    assert any(m.any() for m in masks.values())
    assert run("render", project, "-o", folder / "a.png").exit_code == 0
    for command in ("masks", "render"):
        target = folder / ("more" if command == "masks" else "b.png")
        result = run(command, project, "-o", target, "--painted-only")
        assert result.exit_code == 1
        assert "nothing is painted" in result.output


def test_painted_only_leaves_them_out(run, project, scene_file, accepted):
    folder = project.parent
    counts = []
    for name, more in (("all", ()), ("paint", ("--painted-only",))):
        assert run("masks", project, "-o", folder / name, *more).exit_code == 0
        masks = load_masks(folder / name, load_scene(scene_file)).masks
        counts.append(sum(np.count_nonzero(m) for m in masks.values()))
    assert counts[1] < counts[0]


def test_cross_validation_is_the_same_and_says_so(run, project, scene_file, accepted):
    with_them = run("eval", project)
    report = json.loads(run("eval", project, "--json", "-q").output)
    assert with_them.exit_code == 0
    count = len(accepted.accepted)
    assert f"Accepted predictions, on {count:,} points, took no part." in with_them.output
    session = open_session(load_scene(scene_file), project)
    while session.project.history.undo_name == "accept predictions":
        session.project.undo()
    session.close()
    plain = json.loads(run("eval", project, "--json", "-q").output)
    assert (report.pop("accepted"), plain.pop("accepted")) == (count, 0)
    assert (len(report.pop("notes")), plain.pop("notes")) == (1, [])
    assert report == plain


def test_the_article_leaves_them_out_and_says_so(run, project, scene_file, accepted):
    folder = project.parent
    arrays, text = written(
        run, folder / "a.npz", "fuse", scene_file, "--project", project, "--method", "article"
    )
    assert "that were accepted" in text
    assert not (arrays["source"] == ACCEPTED).any()
    assert (arrays["source"] == FUSED).any()
