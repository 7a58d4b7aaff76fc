"""Commands that write what a project shows obey the confidence that it asks for."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.io.masks import load_masks
from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session

pytestmark = pytest.mark.compiled


@pytest.fixture
def fused(project, scene_file):
    """The project fused, and what fusing found."""
    session = open_session(load_scene(scene_file), project)
    session.project.fuse()
    least = float(np.median(session.project.fusion.confidence))
    session.project.set_min_confidence(least)
    session.close()
    return session.project.fusion


def exported(run, project, target):
    result = run("export", project, "-o", target, "-y")
    assert result.exit_code == 0, result.output
    return np.load(target), result.output


def test_export_masks_and_render_leave_out_what_is_unsure(run, project, scene_file, fused):
    folder = project.parent
    labels, _ = exported(run, project, folder / "a.npy")
    expected = np.where(fused.confidence >= np.median(fused.confidence), fused.labels, 0)
    assert 0 < np.count_nonzero(expected) < np.count_nonzero(fused.labels)
    np.testing.assert_array_equal(labels, expected)

    def drawn(name):
        assert run("masks", project, "-o", folder / name).exit_code == 0
        assert run("render", project, "-o", folder / f"{name}.png").exit_code == 0
        masks = load_masks(folder / name, load_scene(scene_file)).masks
        picture = (folder / f"{name}.png").read_bytes()
        return sum(np.count_nonzero(m) for m in masks.values()), picture

    unsure_out, picture = drawn("sure")
    session = open_session(load_scene(scene_file), project)
    session.project.set_min_confidence(0)
    session.close()
    everything, other = drawn("all")
    assert everything > unsure_out
    assert picture != other
    labels, _ = exported(run, project, folder / "a.npy")
    np.testing.assert_array_equal(labels, fused.labels)


def test_what_an_earlier_version_fused_is_written_as_it_was_and_said(
    run, project, scene_file, fused
):
    folder = project.parent
    with np.load(project / "fused.npz") as archive:
        kept = {k: archive[k] for k in archive.files if k not in ("settings", "model")}
    # Mark it by labels that no engine would give.
    kept["labels"] = np.where(fused.labels == 1, 2, 1).astype(np.uint16)
    np.savez(project / "fused.npz", **kept, method=np.array("graph"))
    labels, text = exported(run, project, folder / "a.npy")
    np.testing.assert_array_equal(labels, kept["labels"])
    assert "An earlier version of the program fused this project" in text
    assert "have not spread" not in text
    result = run("masks", project, "-o", folder / "masks")
    assert "An earlier version" in result.output
    assert "so it was for this" not in result.output
    masks = load_masks(folder / "masks", load_scene(scene_file)).masks
    assert {int(i) for m in masks.values() for i in np.unique(m)} == {0, 1, 2}
    again = run("fuse", scene_file, "--project", project, "-o", folder / "b.npy", "-y")
    assert again.exit_code == 0, again.output
    assert (np.load(folder / "b.npy") != labels).mean() > 0.9
