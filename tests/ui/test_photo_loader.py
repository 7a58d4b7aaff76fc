from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.errors import FormatError
from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.scene import load_scene
from o3d_paint.project.jobs import InlineJobs
from o3d_paint.ui.photo_loader import PhotoLoader


class _Broken:
    shape = (48, 48)

    def pixels(self) -> np.ndarray:
        raise FormatError("photo.jpg is cut short")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory):
    options = SampleOptions(photos=3, resolution=48, shadows=False, smooth=False)
    return load_scene(write_sample(generate_sample(options), tmp_path_factory.mktemp("scene")))


def _loader(scene) -> tuple[PhotoLoader, list[int], list[str]]:
    ready: list[int] = []
    errors: list[str] = []
    loader = PhotoLoader(
        scene,
        InlineJobs(),
        photo_ready=lambda i, _: ready.append(i),
        thumbnail_ready=lambda _: None,
        failed=lambda error: errors.append(str(error)),
    )
    return loader, ready, errors


def test_a_photo_that_was_fetched_before_is_there_at_once(scene) -> None:
    loader, ready, _ = _loader(scene)
    loader.prefetch(1)
    assert ready == [], "nobody asked for it to be shown"
    assert loader.photo(1) is not None
    assert loader.photo(2) is None
    assert ready == [2]


def test_a_broken_photo_is_told_of_when_it_is_opened_and_not_before(scene) -> None:
    frames = (scene.frames[0], replace(scene.frames[1], photo=_Broken()), scene.frames[2])
    loader, ready, errors = _loader(replace(scene, frames=frames))
    loader.prefetch(1)
    assert errors == []
    assert loader.photo(1) is None
    assert errors == ["photo.jpg is cut short"]
    assert ready == []
