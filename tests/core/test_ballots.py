from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.ballots import Ballots
from o3d_paint.core.mask import Rect
from o3d_paint.core.visibility import PixelIndex

POINTS, FRAMES, SHAPE = 60, 4, (8, 10)


def _indexes(seed: int) -> list[PixelIndex]:
    rng = np.random.default_rng(seed)
    indexes = []
    for _ in range(FRAMES):
        seen = rng.permutation(POINTS)[: rng.integers(1, POINTS)].astype(np.int32)
        pixel = np.sort(rng.integers(0, SHAPE[0] * SHAPE[1], len(seen)))
        indexes.append(PixelIndex(SHAPE, pixel, seen))
    return indexes


def _labels_by_counting(
    indexes: list[PixelIndex],
    masks: list[np.ndarray],
    layer: np.ndarray,
    imported: np.ndarray,
) -> np.ndarray:
    labels = imported.astype(int)
    for point in range(POINTS):
        votes: dict[int, int] = {}
        for index, mask in zip(indexes, masks, strict=True):
            for entry in np.flatnonzero(index.point == point):
                vote = int(mask.reshape(-1)[index.pixel[entry]])
                if vote:
                    votes[vote] = votes.get(vote, 0) + 1
        if votes:
            labels[point] = min(votes, key=lambda c: (-votes[c], c))
        if layer[point]:
            labels[point] = layer[point]
    return labels


edits = st.lists(
    st.tuples(
        st.integers(0, FRAMES - 1),
        st.integers(0, 9),
        st.integers(0, 7),
        st.integers(1, 10),
        st.integers(1, 8),
        st.sampled_from([*range(20), 200, 65535]),
        st.sampled_from(["paint", "paint", "paint", "layer", "remove", "park"]),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(seed=st.integers(0, 50), edits=edits, has_imported=st.booleans())
def test_after_any_edits_the_labels_equal_those_counted_from_scratch(
    seed: int, edits: list[tuple[int, int, int, int, int, int, str]], has_imported: bool
) -> None:
    indexes = _indexes(seed)
    masks = [np.zeros(SHAPE, dtype=np.uint16) for _ in range(FRAMES)]
    layer = np.zeros(POINTS, dtype=np.uint16)
    imported = np.zeros(POINTS, dtype=np.uint16)
    if has_imported:
        imported = np.random.default_rng(seed).integers(0, 30, POINTS).astype(np.uint16)
    ballots = Ballots(POINTS, FRAMES, imported=imported if has_imported else None)
    for frame_idx, x, y, width, height, class_id, kind in edits:
        before = ballots.labels.copy()
        if kind == "layer":
            points = np.arange(x, min(POINTS, x + width * height), dtype=np.int32)
            layer[points] = class_id
            changed = ballots.set_layer(points, np.full(len(points), class_id, dtype=np.uint16))
        elif kind == "park":
            ballots.park(frame_idx)
            changed = np.zeros(0, dtype=np.int32)
        elif kind == "remove":
            masks[frame_idx][:] = 0
            changed = ballots.remove(frame_idx)
        else:
            rect = Rect(x, y, x + width, y + height)
            masks[frame_idx][rect.slices] = class_id
            changed = ballots.sync(frame_idx, indexes[frame_idx], masks[frame_idx], rect=rect)
        assert sorted(changed.tolist()) == np.flatnonzero(before != ballots.labels).tolist()
    assert ballots.labels.tolist() == _labels_by_counting(indexes, masks, layer, imported).tolist()
    assert ballots.evidence().labels().tolist() == ballots.labels.tolist()
    disagree = np.count_nonzero(ballots.evidence().tally().counts, axis=1) > 1
    assert ballots.conflicts().tolist() == disagree.tolist()
    voted = np.zeros(POINTS, dtype=int)
    for frame in ballots.evidence().frames:
        voted[frame.points] += 1
    assert ballots.photos().tolist() == voted.tolist()


def test_votes_keep_their_number_until_they_change() -> None:
    indexes, whole = _indexes(3), Rect.whole(SHAPE)
    masks = [np.full(SHAPE, 5, dtype=np.uint16) for _ in range(2)]
    ballots = Ballots(POINTS, FRAMES)
    for i in range(2):
        ballots.sync(i, indexes[i], masks[i], rect=whole)
    first, second = ballots.evidence().frames
    masks[1][:] = 7
    ballots.sync(0, indexes[0], masks[0], rect=whole)
    ballots.sync(1, indexes[1], masks[1], rect=whole)
    again, changed = ballots.evidence().frames
    assert again.version == first.version is not None
    assert len({first.version, second.version, changed.version}) == 3
    assert set(changed.labels.tolist()) == {7}
    ballots.park(0)
    ballots.sync(0, indexes[0], masks[0], rect=whole)
    assert ballots.evidence().frames[0].version == first.version
    ballots.remove(0)
    ballots.sync(0, indexes[0], masks[0], rect=whole)
    assert ballots.evidence().frames[0].version not in {first.version, None}


def test_syncing_twice_changes_nothing() -> None:
    index = _indexes(3)[0]
    mask = np.full(SHAPE, 5, dtype=np.uint16)
    ballots = Ballots(POINTS, FRAMES)
    whole = Rect.whole(SHAPE)
    assert len(ballots.sync(0, index, mask, rect=whole)) == len(index)
    assert len(ballots.sync(0, index, mask, rect=whole)) == 0


def test_a_rebuilt_index_recasts_the_votes() -> None:
    ballots = Ballots(3, 1)
    mask = np.array([[1, 2]], dtype=np.uint16)
    first = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    second = PixelIndex((1, 2), np.array([0, 1]), np.array([2, 1], dtype=np.int32))
    ballots.sync(0, first, mask, rect=Rect.whole((1, 2)))
    changed = ballots.sync(0, second, mask, rect=Rect.whole((1, 2)))
    assert ballots.labels.tolist() == [0, 2, 1]
    assert set(changed.tolist()) >= {0, 2}


def test_conflicts_are_points_with_two_classes() -> None:
    index = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    ballots = Ballots(2, 2)
    for frame_idx, mask in enumerate([[[1, 2]], [[1, 3]]]):
        ballots.sync(frame_idx, index, np.array(mask, dtype=np.uint16), rect=Rect(0, 0, 2, 1))
    assert ballots.conflicts().tolist() == [False, True]
    class_ids, counts = ballots.tally_of(np.array([1], dtype=np.int32))
    assert class_ids.tolist() == [1, 2, 3]
    assert counts.tolist() == [[0, 1, 1]]


@pytest.mark.parametrize("photos", [255, 256, 257, 300])
def test_more_than_255_photos_can_vote_for_one_class(photos: int) -> None:
    index = PixelIndex((1, 1), np.array([0]), np.array([0], dtype=np.int32))
    ballots = Ballots(1, photos)
    mask = np.array([[1]], dtype=np.uint16)
    for frame_idx in range(photos):
        ballots.sync(frame_idx, index, mask, rect=Rect(0, 0, 1, 1))
    point = np.array([0], dtype=np.int32)
    assert ballots.tally_of(point)[1].tolist() == [[photos]]
    ballots.sync(0, index, mask * 2, rect=Rect(0, 0, 1, 1))
    assert ballots.tally_of(point)[1].tolist() == [[photos - 1, 1]]


def test_photos_are_counted_up_to_255() -> None:
    index = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    ballots = Ballots(2, 256)
    for photo in range(256):
        mask = np.array([[1, photo > 1]], dtype=np.uint16)
        ballots.sync(photo, index, mask, rect=Rect(0, 0, 2, 1))
    np.testing.assert_array_equal(ballots.photos(), [255, 254])


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Ballots(POINTS, 1).sync(
            0, _indexes(0)[0], np.zeros((3, 3), dtype=np.uint16), rect=Rect(0, 0, 1, 1)
        )


def test_a_snapshot_stays_as_it_was_and_gives_photos_that_vote() -> None:
    ballots = Ballots(3, 2)
    index = PixelIndex((1, 3), np.array([0, 1, 2]), np.array([2, 0, 1], dtype=np.int32))
    whole = Rect(0, 0, 3, 1)
    empty, painted = np.zeros((1, 3), np.uint16), np.array([[5, 0, 6]], np.uint16)
    ballots.sync(0, index, painted, rect=whole)
    ballots.sync(1, index, empty, rect=whole)
    before = ballots.snapshot()
    ballots.sync(0, index, empty, rect=whole)
    ballots.sync(1, index, painted, rect=whole)
    (frame,) = before.evidence().frames
    assert frame.frame_idx == 0
    assert dict(zip(frame.points.tolist(), frame.labels.tolist(), strict=True)) == {2: 5, 1: 6}
    assert [f.frame_idx for f in ballots.evidence().frames] == [1]


def test_leaving_a_photo_out_of_the_evidence() -> None:
    index = PixelIndex((1, 1), np.array([0]), np.array([0], dtype=np.int32))
    ballots = Ballots(1, 2)
    for frame_idx, class_id in enumerate([1, 2]):
        mask = np.array([[class_id]], dtype=np.uint16)
        ballots.sync(frame_idx, index, mask, rect=Rect(0, 0, 1, 1))
    evidence = ballots.evidence()
    assert evidence.labels().tolist() == [1]
    assert evidence.without(0).labels().tolist() == [2]
    assert evidence.without(0).without(1).labels().tolist() == [0]


def test_the_layer_is_none_until_something_is_laid_on_points() -> None:
    ballots = Ballots(3, 1)
    assert ballots.layer is None
    changed = ballots.set_layer(np.array([2, 0]), np.array([7, 8], dtype=np.uint16))
    assert sorted(changed.tolist()) == [0, 2]
    assert ballots.layer is not None
    assert ballots.layer.tolist() == [8, 0, 7]
    assert not ballots.layer.flags.writeable
    assert not ballots.labels.flags.writeable


def test_labels_that_the_cloud_came_with_can_be_asked_for() -> None:
    assert Ballots(2, 1).imported is None
    imported = np.array([0, 7], dtype=np.uint16)
    ballots = Ballots(2, 1, imported=imported)
    assert ballots.imported is not None
    assert ballots.imported.tolist() == [0, 7]
    assert not ballots.imported.flags.writeable


def test_labels_that_the_cloud_came_with_can_be_replaced() -> None:
    ballots = Ballots(5, 1)
    changed = ballots.set_imported(np.array([0, 1, 2, 0, 1], dtype=np.uint16))
    assert sorted(changed.tolist()) == [1, 2, 4]
    assert ballots.labels.tolist() == [0, 1, 2, 0, 1]
    ballots.set_layer(np.array([4], dtype=np.int32), np.array([9], dtype=np.uint16))
    changed = ballots.set_imported(np.array([0, 1, 3, 4, 5], dtype=np.uint16))
    assert sorted(changed.tolist()) == [2, 3]
    assert ballots.labels.tolist() == [0, 1, 3, 4, 9]
    changed = ballots.set_imported(np.zeros(5, dtype=np.uint16))
    assert sorted(changed.tolist()) == [1, 2, 3]
    assert ballots.labels.tolist() == [0, 0, 0, 0, 9]


def test_memory_is_that_of_what_is_held() -> None:
    index = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    mask = np.array([[1, 2]], dtype=np.uint16)
    ballots = Ballots(5, 2)
    labels, counts = 5 * 2, 5 * 8
    assert ballots.nbytes == labels + counts
    ballots.sync(0, index, mask, rect=Rect(0, 0, 2, 1))
    ballots.sync(1, index, mask, rect=Rect(0, 0, 2, 1))
    votes = 2 * 2
    assert ballots.nbytes == labels + counts + 2 * (index.nbytes + votes)
    ballots.park(1)
    parked = ballots.evidence().frames[1]
    held = parked.points.nbytes + parked.labels.nbytes
    assert ballots.nbytes == labels + counts + index.nbytes + votes + held


def test_a_vote_that_a_new_index_drops_is_told_with_those_that_changed() -> None:
    first = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    second = PixelIndex((1, 2), np.array([0, 1]), np.array([1, 2], dtype=np.int32))
    ballots = Ballots(3, 1)
    ballots.sync(0, first, np.array([[1, 1]], dtype=np.uint16), rect=Rect(0, 0, 2, 1))
    ballots.park(0)
    changed = ballots.sync(0, second, np.array([[0, 1]], dtype=np.uint16), rect=Rect(0, 0, 2, 1))
    assert sorted(changed.tolist()) == [0, 1, 2]
    assert ballots.labels.tolist() == [0, 0, 1]
    assert ballots.has_votes_of(0)
    assert not ballots.has_votes_of(1)
    assert ballots.remove(1).tolist() == []
    assert ballots.remove(0).tolist() == [2]
    assert not ballots.has_votes_of(0)
    assert ballots.remove(0).tolist() == []
    assert ballots.evidence().frames == ()


def test_a_ninth_class_and_those_after_it_count_like_the_first() -> None:
    index = PixelIndex((1, 40), np.arange(40), np.arange(40, dtype=np.int32))
    ids = np.arange(100, 60, -1).astype(np.uint16)[None]
    ballots = Ballots(40, 2)
    ballots.sync(0, index, ids, rect=Rect(0, 0, 40, 1))
    assert ballots.labels.tolist() == ids[0].tolist()
    ballots.sync(1, index, np.roll(ids, 1), rect=Rect(0, 0, 40, 1))
    assert ballots.labels.tolist() == np.minimum(ids, np.roll(ids, 1))[0].tolist()
    assert ballots.conflicts().all()
    class_ids, counts = ballots.tally_of(np.arange(40, dtype=np.int32))
    assert class_ids.tolist() == list(range(61, 101))
    assert counts.sum(axis=1).tolist() == [2] * 40
    assert counts.dtype == np.uint16
    ballots.remove(1)
    assert ballots.labels.tolist() == ids[0].tolist()
    assert not ballots.conflicts().any()


def test_a_vote_for_the_first_class_outranks_what_the_cloud_came_with() -> None:
    index = PixelIndex((1, 2), np.array([0, 1]), np.array([0, 1], dtype=np.int32))
    ballots = Ballots(2, 1, imported=np.array([5, 5], dtype=np.uint16))
    ballots.sync(0, index, np.array([[1, 0]], dtype=np.uint16), rect=Rect(0, 0, 2, 1))
    assert ballots.labels.tolist() == [1, 5]
    ballots.set_layer(np.array([1], dtype=np.int32), np.array([1], dtype=np.uint16))
    assert ballots.labels.tolist() == [1, 1]


def test_how_far_a_photo_is_believed_goes_along_with_its_votes() -> None:
    trust = np.array([9, 255, 20, 255], dtype=np.uint8)
    points = np.array([3, 0, 2, 1], dtype=np.int32)
    index = PixelIndex((1, 4), np.arange(4, dtype=np.int32), points, trust)
    assert index.nbytes == 4 * 4 + 4 * 4 + 4
    ballots = Ballots(5, 2)
    mask = np.array([[7, 0, 5, 6]], dtype=np.uint16)
    ballots.sync(0, index, mask, rect=Rect.whole((1, 4)))
    (held,) = ballots.evidence().frames
    ballots.park(0)
    (parked,) = ballots.evidence().frames
    for votes in (held, parked):
        assert votes.trust is not None
        told = dict(zip(votes.points.tolist(), votes.trust.tolist(), strict=True))
        assert told == {3: 9, 2: 20, 1: 255}
    ballots.sync(1, PixelIndex((1, 4), np.arange(4), points), mask, rect=Rect.whole((1, 4)))
    assert ballots.evidence().frames[1].trust is None
    # Counted alike: the label is that of the mask.
    assert ballots.labels.tolist() == [0, 6, 5, 7, 0]
