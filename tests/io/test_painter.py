from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from o3d_paint.core.brush import Stroke
from o3d_paint.io.sample import SampleOptions, generate_sample
from o3d_paint.io.sample.hand import hand_strokes
from o3d_paint.io.sample.painter import (
    PaintedPhoto,
    PainterOptions,
    paint_photos,
    spread_photos,
    stroke_coverage,
    strokes_document,
)


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    options = SampleOptions(resolution=518, photos=3, shadows=False, smooth=False)
    return generate_sample(options).truth_pixels


def wrong_share(truth: np.ndarray, painted: dict[int, PaintedPhoto]) -> float:
    masks = np.stack([photo.mask for photo in painted.values()])
    shown = truth[list(painted)]
    both = (masks > 0) & (shown > 0)
    return float((masks[both] != shown[both]).mean())


def test_sloppy_painting_covers_and_spills_as_measured(truth: np.ndarray) -> None:
    painted = paint_photos(truth, [0, 1, 2])
    for idx, photo in painted.items():
        assert photo.mask.dtype == np.uint16
        for class_id in np.unique(truth[idx][truth[idx] > 0]):
            region = truth[idx] == class_id
            if region.sum() > 3000:
                # Later strokes of neighbours take some of it back.
                assert (photo.mask[region] > 0).mean() > 0.55
                assert (photo.mask[region] == class_id).mean() > 0.4
    assert 0.07 < wrong_share(truth, painted) < 0.13


def test_careful_painting_is_right_everywhere(truth: np.ndarray) -> None:
    painted = paint_photos(truth, [0, 2], PainterOptions(spill=(0, 0)))
    for idx, photo in painted.items():
        on = photo.mask > 0
        np.testing.assert_array_equal(photo.mask[on], truth[idx][on])
        assert 0.55 < on[truth[idx] > 0].mean() < 0.75


def test_sparse_painting_stops_earlier(truth: np.ndarray) -> None:
    careful = {"spill": (0.0, 0.0)}
    broad = paint_photos(truth, [0], PainterOptions(fill=0.6, **careful))[0]
    sparse = paint_photos(truth, [0], PainterOptions(fill=0.25, **careful))[0]
    assert 0.25 <= (sparse.mask > 0).sum() / (truth[0] > 0).sum() < 0.4
    assert len(sparse.strokes) < len(broad.strokes)


def test_spill_stays_within_its_limit() -> None:
    truth = np.zeros((1, 518, 518), dtype=np.uint8)
    truth[0, 200:300, 200:300] = 4
    mask = paint_photos(truth, [0], PainterOptions(spill=(5, 5), seed=2))[0].mask
    rows, columns = np.nonzero(mask)
    assert 192 <= min(rows.min(), columns.min()) < 200
    assert 299 < max(rows.max(), columns.max()) <= 305
    assert set(np.unique(mask)) == {0, 4}


def test_skipped_class_is_not_painted(truth: np.ndarray) -> None:
    photo = paint_photos(truth, [0], PainterOptions(skip=frozenset({4})))[0]
    assert 4 not in photo.mask
    assert 4 not in {stroke.class_id for stroke in photo.strokes}


def test_wrong_strokes_carry_another_class() -> None:
    truth = np.full((1, 400, 400), 1, dtype=np.uint8)
    truth[0, :, 200:] = 2
    options = PainterOptions(spill=(0, 0), wrong_share=0.05, width=(12, 12), fill=0.9)
    photo = paint_photos(truth, [0], options)[0]
    centers = [np.rint(stroke.points[0]).astype(int) for stroke in photo.strokes]
    wrong = [
        truth[0, row, column] != stroke.class_id
        for (column, row), stroke in zip(centers, photo.strokes, strict=True)
    ]
    assert len(wrong) > 150
    assert 0.01 < np.mean(wrong) < 0.11


def test_painting_depends_on_seed_and_photo_alone(truth: np.ndarray) -> None:
    alone = paint_photos(truth, [1])[1].mask
    np.testing.assert_array_equal(alone, paint_photos(truth, [0, 1])[1].mask)
    assert (alone != paint_photos(truth, [1], PainterOptions(seed=1))[1].mask).any()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.data())
def test_painted_photos_are_spread(count: int, data: st.DataObject) -> None:
    painted = data.draw(st.integers(1, count))
    chosen = spread_photos(count, painted)
    assert len(set(chosen)) == painted
    assert 0 <= min(chosen) <= max(chosen) < count
    gaps = np.diff([*chosen, chosen[0] + count])
    assert gaps.max() - gaps.min() <= 1


def test_spreading_more_photos_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="6"):
        spread_photos(5, 6)


@pytest.mark.parametrize("wrong", [{"fill": 1.5}, {"wrong_share": -0.1}])
def test_wrong_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PainterOptions(**wrong)  # type: ignore[arg-type]


def test_coverage_of_a_stroke_is_its_capsule() -> None:
    stroke = Stroke(np.array([[10.0, 20.0], [30.0, 20.0]]), 3.0, 1)
    covered = stroke_coverage((40, 50), stroke)
    rows, columns = np.nonzero(covered)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (17, 23, 7, 33)
    dot = stroke_coverage((40, 50), Stroke(np.array([[10.0, 20.0]]), 3.0, 1))
    assert dot.sum() == 29


def test_document_is_in_the_kits_format() -> None:
    stroke = Stroke(np.array([[0.0, 0.0], [99.0, 49.0]]), 5.0, 2)
    document = strokes_document({3: [stroke]}, {1: "a", 2: "b"}, (50, 100))
    assert document == {
        "classes": {"1": "a", "2": "b"},
        "sequence": [3],
        "frames": {"3": [{"class": 2, "brush": 108.0, "points": [[0.0, 0.0], [1.0, 1.0]]}]},
    }


def test_hand_stays_inside_the_lines(truth: np.ndarray) -> None:
    strokes = hand_strokes(truth[1], 16)
    assert 10 <= len(strokes) <= 16
    assert {stroke.class_id for stroke in strokes} >= {1, 2, 3, 4, 5, 6}
    for stroke in strokes:
        under = truth[1][stroke_coverage(truth[1].shape, stroke)]
        assert (under == stroke.class_id).mean() > 0.97
