"""The outline of points over a view."""

from __future__ import annotations

import numpy as np

from o3d_paint.core.views.footprint import footprint_picture

SIZE = (640, 480)


def block(x: float, y: float, half: int = 20) -> np.ndarray:
    across, down = np.meshgrid(np.arange(-half, half + 1, 4.0), np.arange(-half, half + 1, 4.0))
    return np.column_stack([x + across.ravel(), y + down.ravel()])


def test_a_patch_of_points_is_one_filled_shape_with_an_edge() -> None:
    drawn = footprint_picture(block(300, 200), point_size=5, side=320, size=SIZE)
    assert drawn is not None
    picture, (x, y) = drawn
    assert (x, y) == (140, 40)
    alpha = picture[:, :, 3]
    lines, columns = np.nonzero(alpha)
    # From the first point's own edge to the last one's.
    assert (columns.min() + x, columns.max() + x) == (278, 322)
    assert (lines.min() + y, lines.max() + y) == (178, 222)
    assert alpha[200 - y, 300 - x] == 70
    assert (alpha[178 - y : 223 - y, 278 - x] == 235).all()
    assert len(lines) == 45 * 45
    assert (picture[:, :, :3] == 255).all()


def test_it_stays_inside_the_view_and_tells_of_nothing() -> None:
    for x, y in ((0, 0), (639, 0), (0, 479), (639, 479)):
        drawn = footprint_picture(block(x, y), point_size=5, side=320, size=SIZE)
        assert drawn is not None
        corner = drawn[1]
        assert 0 <= corner[0] <= 320
        assert 0 <= corner[1] <= 160
        assert drawn[0][y - corner[1], x - corner[0], 3]
    assert footprint_picture(block(-100, 50), point_size=5, side=320, size=SIZE) is None
    assert footprint_picture(np.zeros((0, 2)), point_size=5, side=320, size=SIZE) is None
