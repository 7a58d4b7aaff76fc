from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.taxonomy import article_taxonomy
from o3d_paint.core.views.colorize import CloudLook, Tints, colorize, tints_of

COLORS = article_taxonomy().color_table()
RGB = np.array([[200, 100, 50], [10, 20, 30], [255, 255, 255], [0, 0, 0]], dtype=np.uint8)
LABELS = np.array([0, 1, 2, 2], dtype=np.uint16)
SOURCES = np.array([0, 1, 1, 2], dtype=np.uint8)


def shown(look: CloudLook, **keywords) -> np.ndarray:
    buffer = np.zeros((4, 3), dtype=np.float32)
    colorize(
        buffer,
        RGB,
        labels=LABELS,
        sources=SOURCES,
        tints=tints_of(COLORS, look),
        points=slice(None),
        **keywords,
    )
    return buffer


def test_photo_mode_shows_the_photo() -> None:
    np.testing.assert_allclose(shown(CloudLook(mode="photo")), RGB / 255, atol=1e-6)


def test_mix_at_full_strength_is_the_class_colour_of_painted_points() -> None:
    colors = shown(CloudLook(mode="mix", mix=1.0))
    np.testing.assert_allclose(colors[1:3], COLORS[[1, 2]] / 255, atol=1e-6)
    np.testing.assert_allclose(colors[0], RGB[0] / 255, atol=1e-6)


@pytest.mark.parametrize("mode", ["labels", "mix"])
def test_painted_and_fused_differ(mode: str) -> None:
    black = np.zeros((2, 3), dtype=np.uint8)
    buffer = np.zeros((2, 3), dtype=np.float32)
    tints = tints_of(COLORS, CloudLook(mode=mode))
    both = np.array([2, 2], dtype=np.uint16)
    sources = np.array([1, 2], dtype=np.uint8)
    colorize(buffer, black, labels=both, sources=sources, tints=tints, points=slice(None))
    assert np.abs(buffer[0] - buffer[1]).max() > 0.15


def test_hidden_class_shows_as_unlabelled() -> None:
    look = CloudLook(mode="labels", hidden=frozenset({2}))
    tints = tints_of(COLORS, look)
    np.testing.assert_array_equal(tints.added[2], tints.added[0])
    np.testing.assert_array_equal(tints.kept[2], tints.kept[0])
    assert np.any(tints.added[1] != tints.added[0])


def test_only_given_points_are_written_and_the_buffer_stays_the_same_object() -> None:
    buffer = np.full((4, 3), 7.0, dtype=np.float32)
    points = np.array([3, 1], dtype=np.int32)
    tints = tints_of(COLORS, CloudLook(mode="photo"))
    colorize(
        buffer, RGB, labels=LABELS[points], sources=SOURCES[points], tints=tints, points=points
    )
    np.testing.assert_allclose(buffer[[1, 3]], RGB[[1, 3]] / 255, atol=1e-6)
    assert (buffer[[0, 2]] == 7).all()
    assert buffer.dtype == np.float32


def test_unseen_points_are_dimmed() -> None:
    seen = np.array([True, False, True, False])
    bright, dimmed = shown(CloudLook(mode="photo")), shown(CloudLook(mode="photo"), seen=seen)
    np.testing.assert_allclose(dimmed[[0, 2]], bright[[0, 2]])
    assert (dimmed[1] < 0.5 * bright[1]).all()


def test_class_beyond_the_table_counts_as_unlabelled() -> None:
    tints: Tints = tints_of(COLORS, CloudLook())
    rows = tints.rows(np.array([0, 60000], dtype=np.uint16), np.array([0, 1], dtype=np.uint8))
    assert rows.tolist() == [0, 0]
