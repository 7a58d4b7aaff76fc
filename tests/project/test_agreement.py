"""Window, command line and reopened project agree on every label."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.fusion.fuse import FuseOptions
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.pipeline import FusePlan, run_fuse
from o3d_paint.project.session import open_session, read_project
from tests.project.scenes import strip_scene

SCENE = strip_scene(num_points=4000, num_frames=4)
METHODS = ("graph", "ball")


@pytest.mark.parametrize("method", METHODS)
def test_the_same_paint_gives_the_same_labels_everywhere(tmp_path: Path, method: str) -> None:
    rng = np.random.default_rng(3)
    mailbox, root = Mailbox(), tmp_path / "p.o3dpaint"
    session = open_session(SCENE, root, post=mailbox.post, classes=["a", "b", "c"])
    window = session.project
    for _ in range(25):
        points = rng.uniform((0, 0), (160, 1080), (3, 2))
        window.paint(int(rng.integers(4)), Stroke(points, 12.0, int(rng.integers(0, 4))))
        if rng.random() < 0.2:
            window.undo()
    window.set_layer(np.arange(200), 3)
    window.request_fuse(replace(window.fuse_options, method=method))
    assert mailbox.run_until(lambda: window.fusion is not None)
    session.close()
    labels = window.labels
    assert np.count_nonzero(labels) > np.count_nonzero(window.painted)

    reopened, _ = read_project(root, SCENE)
    np.testing.assert_array_equal(reopened.labels, labels)
    assert reopened.fuse_options == window.fuse_options
    np.testing.assert_array_equal(reopened.fuse(), labels)
    np.testing.assert_array_equal(reopened.source_of(None), window.source_of(None))

    layer = reopened.ballots.layer
    result = run_fuse(
        SCENE, reopened.masks, reopened.taxonomy, FusePlan(method=method), layer=layer
    )
    np.testing.assert_array_equal(result.labelled.labels, labels)
    np.testing.assert_array_equal(result.painted, window.painted)


def test_options_of_another_version_do_not_keep_a_project_from_opening(tmp_path: Path) -> None:
    session = open_session(SCENE, tmp_path / "p.o3dpaint", classes=["a"])
    session.project.set_setting("fuse", {"method": "ball", "of_tomorrow": 5})
    session.close()
    project, messages = read_project(tmp_path / "p.o3dpaint", SCENE)
    assert messages == ()
    assert isinstance(project.fuse_options, FuseOptions)
