"""Painted cameras stay green, and hundreds of them do not hide the cloud."""

from __future__ import annotations

from o3d_paint.ui import theme
from o3d_paint.ui.frustum_layer import line_colors


def test_few_cameras_are_plain_to_see() -> None:
    colors = line_colors(15, {3})
    assert colors[3] == theme.GOOD
    assert len(set(colors)) == 2


def test_hundreds_are_faint_whether_painted_or_not() -> None:
    few, many = line_colors(15, {3}), line_colors(200, {3})
    for one, other in ((few[3], many[3]), (few[0], many[0])):
        far = sum(abs(a - b) for a, b in zip(one, theme.SCENE, strict=True))
        near = sum(abs(a - b) for a, b in zip(other, theme.SCENE, strict=True))
        assert 0.3 * far < near < 0.5 * far
    assert many[3] != many[0]
