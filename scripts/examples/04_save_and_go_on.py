"""Keep work in a folder that the window opens too: saved after every step, undone any time.

Run: python 04_save_and_go_on.py [SCENE] [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import o3d_paint as op

scene_path = Path(sys.argv[1]) if len(sys.argv) > 1 else op.sample_scene_path()
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path.cwd()
scene = op.load(scene_path)

session = op.open_session(scene, folder / "work.o3dpaint", scene_path=scene_path)
project = session.project
roof = project.taxonomy.find("roof")
assert roof is not None
project.paint(0, op.Stroke(np.array([[500.0, 500.0]]), radius=80, class_id=roof.class_id))
project.paint(0, op.Stroke(np.array([[600.0, 500.0]]), radius=80, class_id=roof.class_id))
print("undone:", project.undo())
session.close()

session = op.open_session(scene, folder / "work.o3dpaint", scene_path=scene_path)
print("painted pixels:", np.count_nonzero(session.project.mask(0)))
print("redone:", session.project.redo())
print("painted pixels:", np.count_nonzero(session.project.mask(0)))
session.close()
