"""Photos on the cameras, drawn by the toolkit itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.window

_DRAWN = """
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from open3d.visualization import rendering

from o3d_paint.ui.plane_photos import PlanePhotos

renderer = rendering.OffscreenRenderer(64, 64)
renderer.scene.set_background([0, 0, 0, 1])
renderer.scene.view.set_post_processing(False)
corners = np.zeros((1, 6, 3))
corners[0, 1:5] = [(-2, 2, 0), (2, 2, 0), (2, -2, 0), (-2, -2, 0)]
photo = np.full((8, 8, 3), (250, 150, 50), np.uint8)
PlanePhotos(SimpleNamespace(scene=renderer.scene)).show(True, corners, {0: photo})
sides = []
for z in (3, -3):
    renderer.setup_camera(40.0, [0, 0, 0], [0, 0, z], [0, 1, 0])
    sides.append(np.asarray(renderer.render_to_image())[32, 32].tolist())
Path(sys.argv[1]).write_text(json.dumps(sides))
"""


def test_a_photo_shows_alike_from_before_and_from_behind(tmp_path: Path) -> None:
    # Not by the terminal: what the toolkit prints there comes whenever it likes.
    out = tmp_path / "sides.json"
    subprocess.run([sys.executable, "-c", _DRAWN, str(out)], timeout=120, check=True)
    front, back = json.loads(out.read_text())
    assert back == pytest.approx(front, abs=6)
    # Translucent over black: its colours, a quarter darker.
    assert front == pytest.approx([180, 120, 55], abs=15)
