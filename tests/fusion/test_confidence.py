"""What holds of confidences whatever numbers were measured: bounds, order, known ends."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.fusion.confidence import confidence_of, confidence_of_vote
from o3d_paint.fusion.settings import FusionSettings
from tests.fusion.written import written

STEPS = 4001


def of_walk(doubt=0.0, mass=1.0):
    return confidence_of(*np.broadcast_arrays(np.float64(doubt), np.float64(mass)))


def of_vote(own=0.0, other=np.inf, agreement=1.0, photos=1.0):
    return confidence_of_vote(*np.atleast_1d(*np.broadcast_arrays(own, other, agreement, photos)))


# Name, curve over its whole range, and whether it rises; where it must not stand still.
CURVES = {
    "doubt": (lambda t: of_walk(doubt=t / 2), -1, (0, 1)),
    "mass": (lambda t: of_walk(mass=t), 1, (0.11, 0.98)),
    "between paint of two classes": (
        lambda t: of_vote(own=60.0, other=60 * (1 - t) / np.maximum(t, 1e-9)),
        -1,
        (0, 1),
    ),
    "other paint away": (lambda t: of_vote(other=100 * t), 1, (0, 0.6)),
    "own paint away": (lambda t: of_vote(own=1000 * t), -1, (0.07, 0.64)),
    "agreement": (lambda t: of_vote(agreement=t), 1, (0.01, 0.9)),
    "photos that say so": (lambda t: of_vote(other=6, photos=1 + 4 * t), 1, (0, 0.5)),
    "photos apart": (lambda t: of_vote(other=6, agreement=0.75, photos=2 + 8 * t), 1, (0, 0.5)),
}


@pytest.mark.parametrize("name", CURVES)
def test_confidence_goes_one_way_without_leaps_and_never_leaves_its_bounds(name):
    curve, way, strictly = CURVES[name]
    at = np.linspace(0, 1, STEPS)
    found = curve(at)
    order = np.random.default_rng(0).permutation(STEPS)
    np.testing.assert_array_equal(curve(at[order]), found[order])
    assert found.dtype == np.float32
    assert found.min() > 0
    assert found.max() <= 1
    step = way * np.diff(found.astype(np.float64))
    assert step.min() >= 0
    if strictly is not None:
        inside = (at[:-1] >= strictly[0]) & (at[1:] <= strictly[1])
        assert step[inside].min() > 0
    assert step.max() < 0.002


def test_two_classes_that_are_level_are_right_half_the_time_and_one_alone_nearly_always():
    assert of_walk(doubt=0.5) == pytest.approx(0.5)
    assert 0.99 < of_walk(doubt=0.0) < 1


def test_where_hardly_any_walk_ends_at_paint_labels_stay_just_out():
    least, usual, until = written("B stays at #, just below the usual setting of #, up to m = #:")
    assert usual == FusionSettings().min_confidence
    assert (of_walk(mass=np.linspace(0, until, 50)) == np.float32(least)).all()
    assert of_walk(mass=until + 1e-3) > np.float32(least)
    assert 0.9 * usual < least < usual


def test_the_lower_of_both_holds():
    rng = np.random.default_rng(0)
    doubt, mass = rng.uniform(0, 0.5, 300), rng.uniform(0, 1, 300)
    both = np.minimum(of_walk(doubt=doubt), of_walk(mass=mass))
    np.testing.assert_array_equal(of_walk(doubt, mass), both)


def test_of_votes_the_lowest_holds_and_more_photos_leave_a_part_of_the_doubt():
    rng = np.random.default_rng(1)
    agreement, other = rng.uniform(0.5, 1, 200), rng.uniform(0, 90, 200)
    one = np.minimum(of_vote(agreement=agreement, other=np.inf), of_vote(other=other))
    np.testing.assert_allclose(of_vote(agreement=agreement, other=other), one, atol=1e-6)
    single, three = of_vote(other=other), of_vote(other=other, photos=3.0)
    left = (1 - three.astype(np.float64)) / (1 - single)
    assert left.min() > 0
    assert left.max() < 1
    np.testing.assert_allclose(left, left[0], rtol=1e-3)
    # No more photos say so than say otherwise: that there are many is no reason.
    np.testing.assert_array_equal(
        of_vote(agreement=0.5, photos=9.0), of_vote(agreement=0.5, photos=1.0)
    )


def test_paint_right_there_is_believed_and_paint_that_is_nowhere_is_not():
    assert of_vote() > 0.98
    assert of_vote(other=1e6) > 0.98
    assert 0.5 < of_vote(other=0.0) < 0.7
    nowhere = of_vote(own=np.inf)
    assert 0 < nowhere < 0.5
    assert of_vote(own=1e5) == nowhere
    assert of_vote(own=5.0) == of_vote()
    # As near to other paint as to the own: hardly better than a coin, however far both are.
    for far in (60.0, 150.0):
        assert 0.4 <= of_vote(own=far, other=far) < 0.6
