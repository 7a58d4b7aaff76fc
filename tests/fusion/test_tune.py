from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.fuse import FuseOptions, fuse
from o3d_paint.fusion.random_walk import WalkerSettings
from o3d_paint.fusion.tune import is_outdated, tune

# Thousands of points through the solver: minutes in plain Python.
pytestmark = pytest.mark.compiled


def printed_boards(count=8000, seed=0):
    """Two boards in a corner, both printed with the same strong patches; truth 1 and 2."""
    rng = np.random.default_rng(seed)
    xyz = rng.random((count, 3))
    truth = rng.integers(1, 3, count).astype(np.uint16)
    xyz[truth == 1, 2] = 0
    xyz[truth == 2, 0] = 0
    cell = np.floor(xyz * 6).astype(int) @ [7, 11, 13] % 4
    rgb = np.array([[220, 30, 30], [30, 30, 220], [240, 240, 230], [20, 20, 20]])[cell]
    return PointCloud(xyz, rgb.astype(np.uint8)), truth


def painted(cloud, truth, photos, share, seed=1):
    """Each photo shows everything and paints a few spots."""
    rng = np.random.default_rng(seed)
    frames = []
    for frame_idx in range(photos):
        seen = np.zeros(len(cloud), dtype=bool)
        for center in cloud.xyz[rng.choice(len(cloud), 6, replace=False)]:
            seen |= np.linalg.norm(cloud.xyz - center, axis=1) < share
        points = np.flatnonzero(seen).astype(np.int32)
        frames.append(FrameVotes(frame_idx, points, truth[points]))
    return Evidence(len(cloud), tuple(frames))


def test_the_scene_learns_that_print_is_no_border():
    cloud, truth = printed_boards()
    evidence = painted(cloud, truth, 4, 0.12)
    stuck = FuseOptions(walker=WalkerSettings(color_scale=2.0, appearance=0.0))
    tuning = tune(cloud, evidence, stuck)
    before = (fuse(cloud, evidence, stuck).labels == truth).mean()
    after = (fuse(cloud, evidence, tuning.options).labels == truth).mean()
    assert after > before + 0.02
    assert after > 0.97
    assert tuning.options.walker.color_scale > 2.0
    assert tuning.photos == 4
    assert max(trial.score for trial in tuning.trials) > tuning.trials[0].score


def test_choices_are_repeatable_and_keep_other_options():
    cloud, truth = printed_boards(3000)
    evidence = painted(cloud, truth, 5, 0.15)
    options = FuseOptions(min_confidence=0.2, keep_strokes=True, max_distance=0.2)
    first, second = tune(cloud, evidence, options), tune(cloud, evidence, options)
    assert first.options == second.options
    assert first.trials == second.trials
    assert first.options.keep_strokes
    assert first.options.min_confidence == 0.2


def test_a_method_that_was_asked_for_stays():
    cloud, truth = printed_boards(3000)
    tuning = tune(cloud, painted(cloud, truth, 5, 0.15), keep_method=True)
    assert {trial.options.method for trial in tuning.trials} == {"graph"}


@pytest.mark.parametrize("photos", [0, 1, 3])
def test_too_few_photos_choose_nothing(photos):
    cloud, truth = printed_boards(500)
    options = FuseOptions(method="ball")
    tuning = tune(cloud, painted(cloud, truth, photos, 0.2), options)
    assert tuning.options is options
    assert tuning.trials == ()


def test_a_class_of_one_photo_only_does_not_count_against_anyone():
    cloud, truth = printed_boards(3000)
    frames = painted(cloud, truth, 4, 0.3).frames
    only = FrameVotes(7, frames[0].points, np.full(len(frames[0].points), 9, dtype=np.uint16))
    tuning = tune(cloud, Evidence(len(cloud), (*frames, only)))
    assert np.isfinite([trial.score for trial in tuning.trials]).all()


def test_progress_and_cancelling():
    cloud, truth = printed_boards(1000)
    seen: list[float] = []
    tune(cloud, painted(cloud, truth, 4, 0.3), progress=lambda f, _: seen.append(f))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def cancel(fraction, stage):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        tune(cloud, painted(cloud, truth, 4, 0.3), progress=cancel)


def test_choices_are_outdated_when_twice_as_much_is_painted():
    assert not is_outdated(4, 7)
    assert is_outdated(4, 8)
    assert not is_outdated(0, 3)
    assert is_outdated(0, 4)
