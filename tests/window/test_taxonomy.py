"""``o3d-paint SCENE --taxonomy FILE``: classes of a project that begins, not of one there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.taxonomy_file import write_taxonomy
from tests.window.app import App, small_scene
from tests.window.display import Display


@pytest.mark.slow
def test_a_project_begins_with_the_chosen_classes(x_display: Display, tmp_path: Path) -> None:
    scene, file = small_scene(tmp_path), tmp_path / "mine.json"
    write_taxonomy(Taxonomy().add("mud").add("moss"), file)
    app = App(x_display, tmp_path, [scene, "--taxonomy", file])
    try:
        state = app.wait_open()
        assert [name for _, name, _ in state["classes"]] == ["mud", "moss"]
        app.open_photo(1)
        app.drag([app.on_photo(0.3 + 0.03 * i, 0.6) for i in range(10)])
        app.wait(lambda s: s["steps"] == 1, "painted")
        assert app.end() == 0
        app = App(x_display, tmp_path, [scene, "--taxonomy", "asprs"])
        state = app.wait_open()
        assert [name for _, name, _ in state["classes"]] == ["mud", "moss"]
        app.wait(lambda s: any("has classes already" in t for t in s["toasts"]), "said so")
        assert app.end() == 0
    finally:
        app.kill()
