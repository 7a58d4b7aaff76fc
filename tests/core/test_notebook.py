"""What notebooks show: short texts, tables that run nothing, a picture that shows the points."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.notebook import histogram_picture, oblique_picture, summary_html
from o3d_paint.project.project import Project
from tests.project.scenes import strip_scene


def picture_in(html: str) -> np.ndarray:
    data = re.search(r"base64,([^']+)'", html)
    assert data is not None
    return np.asarray(Image.open(BytesIO(base64.b64decode(data[1]))))


def tags_of(html: str) -> set[str]:
    found: set[str] = set()
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: found.add(tag)  # type: ignore[method-assign]
    parser.feed(html)
    return found


def test_names_from_files_are_text() -> None:
    html = summary_html("<script>a()</script>", {"<img src=x onerror=b()>": "<b>&"})
    assert tags_of(html) == {"div", "table", "caption", "tr", "th", "td"}


@pytest.mark.parametrize("up", [(0, 0, 1), (0, -1, 0), (1, 0, 0), (0.6, 0, -0.8)])
def test_what_is_up_in_the_world_is_up_in_the_picture(up) -> None:
    rng = np.random.default_rng(0)
    up = np.array(up, dtype=float)
    xyz = rng.random((4000, 3)) - 0.5
    above = (xyz - xyz.mean(axis=0)) @ up > 0
    rgb = np.where(above[:, None], (255, 0, 0), (0, 0, 255)).astype(np.uint8)
    picture = oblique_picture(xyz, rgb, up)
    red = np.argwhere((picture == (255, 0, 0)).all(axis=2))
    blue = np.argwhere((picture == (0, 0, 255)).all(axis=2))
    assert len(red) > 500
    assert red[:, 0].mean() < blue[:, 0].mean() - 20


def test_what_is_near_hides_what_is_far_and_outliers_do_not_shrink_the_rest() -> None:
    rng = np.random.default_rng(0)
    floor = np.column_stack([rng.random((150_000, 2)), np.zeros(150_000)])
    below = floor[:8000] - (0, 0, 0.02)
    xyz = np.concatenate([below, floor, [[np.nan] * 3, [1e6, 0, 0]]])
    rgb = np.zeros((len(xyz), 3), dtype=np.uint8)
    rgb[:8000, 0] = 255
    rgb[8000:, 1] = 255
    picture = oblique_picture(xyz, rgb, np.array([0, 0, 1.0]))
    green = (picture == (0, 255, 0)).all(axis=2)
    assert green.sum() > 10_000
    assert (picture == (255, 0, 0)).all(axis=2).sum() < green.sum() / 20


def test_nothing_to_draw_is_an_empty_picture() -> None:
    for xyz in (np.zeros((0, 3)), np.full((5, 3), np.nan), np.zeros((1, 3))):
        rgb = np.zeros((len(xyz), 3), dtype=np.uint8)
        assert oblique_picture(xyz, rgb, np.array([0, 0, 1.0])).shape == (260, 400, 3)
    assert (
        histogram_picture(np.zeros(20, dtype=int)).min()
        == histogram_picture(np.zeros(0, dtype=int)).min()
    )


def test_scene_project_and_fusion_say_what_they_hold() -> None:
    scene = strip_scene(num_points=800, num_frames=3)
    with Project(scene, classes=["a", "b"]) as project:
        project.set_mask(0, np.ones(scene.frames[0].mask_shape, dtype=np.uint16))
        project.fuse()
        fusion = project.fusion
        assert fusion is not None
        for shown in (scene, project, fusion):
            assert len(repr(shown)) < 200
            assert "array" not in repr(shown)
            assert picture_in(shown._repr_html_()).shape == (260, 400, 3)
        assert "800 points" in repr(scene)
        assert "1 of 3 photos" in repr(project)
        html = project._repr_html_()
        count = int((project.labels == 1).sum())
        assert f"{count:,} points" in html
        color = project.taxonomy.get(1).color
        assert (picture_in(html) == color).all(axis=2).any()
