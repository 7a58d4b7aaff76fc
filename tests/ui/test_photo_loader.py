from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from o3d_paint.errors import FormatError
from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.scene import load_scene
from o3d_paint.project.jobs import InlineJobs, Jobs, Mailbox, Worker
from o3d_paint.ui.photo_loader import PhotoLoader


class _Broken:
    width = height = 48

    def pixels(self) -> np.ndarray:
        raise FormatError("photo.jpg is cut short")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory):
    options = SampleOptions(photos=3, resolution=48, shadows=False, smooth=False)
    return load_scene(write_sample(generate_sample(options), tmp_path_factory.mktemp("scene")))


class _Counted(_Broken):
    """A photo that can be decoded, and how often it was."""

    count = 0

    def pixels(self) -> np.ndarray:
        self.count += 1
        return np.zeros((48, 48, 3), dtype=np.uint8)


def _loader(scene, jobs: Jobs | None = None) -> tuple[PhotoLoader, list[int], list[str]]:
    ready: list[int] = []
    errors: list[str] = []
    loader = PhotoLoader(
        scene,
        jobs or InlineJobs(),
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


def test_a_click_takes_what_the_pointer_has_begun(scene) -> None:
    mailbox, photo = Mailbox(), _Counted()
    worker = Worker(mailbox.post)
    frames = (replace(scene.frames[0], photo=photo), *scene.frames[1:])
    loader, ready, _ = _loader(replace(scene, frames=frames), worker)
    loader.prefetch(0)
    assert loader.photo(0) is None
    assert mailbox.run_until(lambda: bool(ready))
    assert worker.close()
    mailbox.run_pending()
    assert (ready, photo.count) == ([0], 1)


def test_of_photos_that_the_pointer_ran_over_the_last_is_decoded(scene) -> None:
    mailbox, photos = Mailbox(), [_Counted() for _ in scene.frames]
    worker = Worker(mailbox.post)
    frames = tuple(replace(f, photo=p) for f, p in zip(scene.frames, photos, strict=True))
    loader, _, _ = _loader(replace(scene, frames=frames), worker)
    begun, held = threading.Event(), threading.Event()
    worker.submit("other", lambda _: (begun.set(), held.wait(30)), done=lambda _: None)
    assert begun.wait(30)
    for number in range(3):
        loader.prefetch(number)
    held.set()
    assert worker.close(drain=True)
    assert [p.count for p in photos] == [0, 0, 1]
