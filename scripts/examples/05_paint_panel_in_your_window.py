"""The paint panel in a window of your own: a plain Open3D viewer on the left, painting beside it.

Run: python 05_paint_panel_in_your_window.py [SCENE] [FOLDER]; close the window to write the labels.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from open3d.visualization import gui, rendering

import o3d_paint as op

scene_path = Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path()
folder = Path(sys.argv[2]).absolute() if len(sys.argv) > 2 else Path.cwd()
project = op.Project(op.load(scene_path), classes=["object", "ground"])

app = gui.Application.instance
app.initialize()
window = app.create_window("A viewer of my own", 1100, 700)
view = gui.SceneWidget()
view.scene = rendering.Open3DScene(window.renderer)
view.scene.view.set_post_processing(False)
view.enable_scene_caching(True)
window.add_child(view)
panel = op.ui.attach(window, view, project)
box, scene = view.scene.bounding_box, project.scene
view.setup_camera(60.0, box, box.get_center())
view.look_at(box.get_center(), scene.frames[0].position, scene.up)


def on_layout(_context: gui.LayoutContext) -> None:
    """Half of the window for the viewer, half for the paint panel."""
    content = window.content_rect
    half = content.width // 2
    view.frame = gui.Rect(content.x, content.y, half, content.height)
    panel.layout(gui.Rect(content.x + half, content.y, content.width - half, content.height))


def on_close() -> bool:
    """Give the project back before the window goes."""
    panel.close()
    return True


window.set_on_layout(on_layout)
window.set_on_tick_event(panel.tick)
window.set_on_key(panel.key)
window.set_on_close(on_close)
app.run()

op.export(project, folder / "painted.ply")
print(f"{np.count_nonzero(project.painted):,} of {len(project.painted):,} points are painted")
