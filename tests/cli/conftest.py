"""A small scene with a painted project, and a way to run commands in this process."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from o3d_paint.cli import app
from o3d_paint.io.scene import load_scene
from o3d_paint.project.session import open_session
from tests.io.ball_on_floor import arrays, save

PAINTED = (0, 2)


@pytest.fixture
def run():
    def invoke(*args: object) -> Result:
        return CliRunner().invoke(app, [str(a) for a in args])

    return invoke


@pytest.fixture
def scene_file(tmp_path):
    return save(tmp_path / "scene.npz", arrays()[0])


@pytest.fixture
def truth():
    """(4, 40, 60) class of every pixel of every photo: 1 floor, 2 ball."""
    return arrays()[1]


@pytest.fixture
def project(tmp_path, scene_file, truth):
    """Two of four photos painted as they are in truth; not fused."""
    session = open_session(
        load_scene(scene_file),
        tmp_path / "scene.o3dpaint",
        classes=["floor", "ball"],
        scene_path=scene_file,
    )
    for i in PAINTED:
        session.project.set_mask(i, truth[i].astype(np.uint16))
    session.close()
    return tmp_path / "scene.o3dpaint"
