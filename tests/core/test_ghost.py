"""Ghosts: what is known without a photo's own vote, and how it shows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.label_source import ACCEPTED, FUSED, PAINTED
from o3d_paint.core.mask import Rect
from o3d_paint.core.views.ghost import Ghost, draw_ghost, labels_of_others
from o3d_paint.core.views.viewport import Viewport

COLORS = np.array([(0, 0, 0), (255, 0, 0), (0, 255, 0)], dtype=np.uint8)
NUM_POINTS = 12


@given(st.lists(st.lists(st.integers(0, 4), min_size=NUM_POINTS, max_size=NUM_POINTS),
                min_size=1, max_size=4), st.booleans())  # fmt: skip
def test_labels_of_others_are_those_of_the_evidence_without_the_photo(
    painted: list[list[int]], has_layer: bool
) -> None:
    votes = np.array(painted, dtype=np.uint16)
    frames = []
    for number, own in enumerate(votes):
        points = np.flatnonzero(own).astype(np.int32)
        frames.append(FrameVotes(number, points, own[points]))
    layer = None
    if has_layer:
        layer = np.zeros(NUM_POINTS, dtype=np.uint16)
        layer[3] = 7
    evidence = Evidence(NUM_POINTS, tuple(frames), layer)
    tally = evidence.tally()
    found = labels_of_others(tally.class_ids, tally.counts, votes[0], layer=layer, imported=None)
    np.testing.assert_array_equal(found, evidence.without(0).labels())


def test_imported_labels_speak_where_no_other_photo_does() -> None:
    counts = np.array([[1, 0], [0, 0], [1, 1]], dtype=np.uint16)
    found = labels_of_others(
        np.array([1, 2], np.uint16),
        counts,
        np.array([1, 0, 0], np.uint16),
        layer=None,
        imported=np.array([9, 9, 9], np.uint16),
    )
    np.testing.assert_array_equal(found, [9, 9, 1])


def test_fusion_only_guesses_where_photos_say_nothing() -> None:
    others = np.array([[1, 0, 0]], dtype=np.uint16)
    ghost = Ghost.of(others, np.array([[2, 2, 0]], dtype=np.uint16))
    np.testing.assert_array_equal(ghost.labels, [[1, 2, 0]])
    np.testing.assert_array_equal(ghost.source, [[PAINTED, FUSED, 0]])


def test_what_was_accepted_shows_before_what_photos_and_fusion_say() -> None:
    others, fused = np.array([[1, 0, 1, 0]], np.uint16), np.array([[1, 2, 1, 2]], np.uint16)
    ghost = Ghost.of(others, fused, np.array([[0, 3, 3, 0]], np.uint16))
    np.testing.assert_array_equal(ghost.labels, [[1, 3, 3, 2]])
    np.testing.assert_array_equal(ghost.source, [[PAINTED, ACCEPTED, ACCEPTED, FUSED]])
    alone = Ghost.of(None, None, fused)
    np.testing.assert_array_equal(alone.source, np.full((1, 4), ACCEPTED))
    assert Ghost.of(None, None) is None


def drawn(ghost: Ghost, ids: np.ndarray, *, opacity: float = 0.5, visible=(1, 1, 1)) -> np.ndarray:
    height, width = ids.shape
    target = np.full((height, width, 3), 100, dtype=np.uint8)
    draw_ghost(
        target,
        ghost,
        ids,
        viewport=Viewport((height, width), (height, width), 1.0, 0.0, 0.0),
        rect=Rect(0, 0, width, height),
        colors=COLORS,
        visible=np.array(visible, dtype=bool),
        opacity=opacity,
    )
    return target


def test_what_photos_say_is_a_tint_and_a_guess_is_hatched() -> None:
    others = np.zeros((32, 32), dtype=np.uint16)
    others[:, :16] = 1
    ghost = Ghost.of(others, np.full((32, 32), 2, dtype=np.uint16))
    picture = drawn(ghost, np.zeros((32, 32), np.uint16))
    assert len(np.unique(picture[:, :16].reshape(-1, 3), axis=0)) == 1
    assert picture[0, 0, 0] > 100
    guessed = picture[:, 16:, 1] > 100
    assert 0.3 < guessed.mean() < 0.45


def test_what_was_accepted_is_drawn_like_paint_whole_and_at_its_opacity() -> None:
    accepted = np.ones((16, 16), dtype=np.uint16)
    ghost = Ghost.of(None, np.full((16, 16), 2, np.uint16), accepted)
    picture = drawn(ghost, np.zeros((16, 16), np.uint16), opacity=0.4)
    assert (np.abs(picture - np.array([100 + 0.4 * 155, 60, 60])) <= 1).all()


def test_paint_hidden_classes_and_peeking_leave_the_photo_bare() -> None:
    ghost = Ghost.of(np.ones((8, 8), dtype=np.uint16), None)
    bare = np.zeros((8, 8), np.uint16)
    assert (drawn(ghost, np.full((8, 8), 2, np.uint16)) == 100).all()
    assert (drawn(ghost, bare, visible=(1, 0, 1)) == 100).all()
    assert (drawn(ghost, bare, opacity=0.0) == 100).all()
