"""``op.show``: a script opens the window on its project, and goes on with what was painted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.window.app import App, small_scene
from tests.window.display import Display

SCRIPT = """
import json, os, sys
from pathlib import Path
import numpy as np
import o3d_paint as op

project = op.Project(op.load(sys.argv[1]), classes=["thing", "ground"])
here = sorted(p.name for p in Path().iterdir())
for sitting in (1, 2):
    op.show(project)
    facts = {
        "steps": len(project.history.done),
        "masks": [int(np.count_nonzero(project.mask(i))) for i in project.painted_frames],
        "points": int(np.count_nonzero(project.painted)),
        "complete": bool((project.painted == project.rebuilt_labels()).all()),
        "folder": sorted(set(p.name for p in Path().iterdir()) - set(here)),
    }
    Path(sys.argv[2], f"sitting{sitting}.json").write_text(json.dumps(facts))
print("labels", int(np.count_nonzero(project.fuse())))
project.paint(0, op.Stroke(np.array([[500.0, 500.0]]), radius=10, class_id=2))
sys.exit(7)
"""


@pytest.mark.slow
def test_the_script_goes_on_with_what_was_painted(x_display: Display, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    app = App(x_display, tmp_path, [small_scene(tmp_path), out], program=("-c", SCRIPT))
    try:
        for sitting in (1, 2):
            app.wait_open()
            app.open_photo(sitting)
            line = [app.on_photo(0.3 + 0.03 * i, 0.6) for i in range(10)]
            app.drag(line)
            app.wait(lambda s, n=sitting: s["steps"] == n and s["painted"], "the stroke is in")
            app.key("ctrl+s")
            app.wait(lambda s: (s["field"] or "").endswith(".o3dpaint"), "a folder is asked for")
            app.key("Escape")
            app.wait(lambda s: s["field"] is None, "not now")
            app.key("ctrl+q")
            app.wait_file(out / f"sitting{sitting}.json")
        assert app.process.wait(60) == 7
    finally:
        app.kill()
    first, second = (json.loads((out / f"sitting{i}.json").read_text()) for i in (1, 2))
    assert (first["steps"], second["steps"]) == (1, 2)
    assert len(first["masks"]) == 1
    assert second["masks"][0] == first["masks"][0] > 1000
    assert second["points"] > first["points"] > 0
    assert first["complete"]
    assert second["complete"]
    assert not [name for name in second["folder"] if "o3dpaint" in name]
    assert "labels" in app.log
