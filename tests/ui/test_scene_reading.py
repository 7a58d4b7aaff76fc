"""The first scene is read while the trial window is still trying."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from o3d_paint.core.scene import Scene
from o3d_paint.errors import DisplayError, FormatError
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.project.jobs import JobCancelled, Report, Task
from o3d_paint.ui import app, scene_loading
from o3d_paint.ui.preflight import Preflight
from o3d_paint.ui.scene_loading import SceneReading
from tests.io.ball_on_floor import arrays, save


@pytest.fixture
def scene_file(tmp_path: Path) -> Path:
    return save(tmp_path / "scene.npz", arrays()[0])


class Trial:
    """A trial that fails, but only once the scene is being read."""

    def __init__(self, reading: threading.Event) -> None:
        self._reading = reading

    def require(self) -> None:
        assert self._reading.wait(20), "nothing was read while the trial ran"
        raise DisplayError("no driver")


def test_reading_starts_before_the_trial_ends(
    scene_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_read = threading.Event()

    def noticed(*arguments: object, **options: object) -> Scene:
        is_read.set()
        return load_scene(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene_loading, "load_scene", noticed)
    monkeypatch.setattr(Preflight, "start", lambda: Trial(is_read))
    with pytest.raises(DisplayError, match="no driver"):
        app.run(scene_file, options=LoadOptions())


def test_result_is_the_scene_and_tells_how_far(scene_file: Path) -> None:
    told: list[float] = []
    reading = SceneReading(scene_file, LoadOptions())
    scene = reading.result(Report(Task("scene"), lambda share, _text: told.append(share)))
    assert len(scene.cloud) == len(load_scene(scene_file).cloud)
    assert told
    assert 0 <= told[-1] <= 1


def test_damage_is_said_when_the_scene_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "scene.npz"
    path.write_bytes(b"not a zip")
    reading = SceneReading(path, LoadOptions())
    with pytest.raises(FormatError, match=r"scene\.npz"):
        reading.result(Report(Task("scene"), None))


def test_nobody_waits_for_a_scene_that_is_not_wanted(
    scene_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def slow(*_arguments: object, **_options: object) -> Scene:
        let_go.wait(20)
        raise FormatError("too late")

    monkeypatch.setattr(scene_loading, "load_scene", slow)
    task = Task("scene")
    task.cancelled = True
    with pytest.raises(JobCancelled):
        SceneReading(scene_file, LoadOptions()).result(Report(task, None))
    let_go.set()
