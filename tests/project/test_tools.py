"""Tools on a photo of two flat colours: what each gesture leaves in the mask and the history."""

from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.project.features import FeatureStore
from o3d_paint.project.gestures import Tool, ToolContext
from o3d_paint.project.project import Project
from o3d_paint.project.regions import RegionStore
from o3d_paint.project.tool_spec import ToolParts
from o3d_paint.project.tools import TOOLS

SIZE = 1080
BOX = (300, 340, 700, 780)  # x0, y0, x1, y1


@pytest.fixture
def project() -> Project:
    """A grey photo with a red box in it, 1080 pixels a side, and one point before it."""
    picture = np.full((SIZE, SIZE, 3), 120, dtype=np.uint8)
    x0, y0, x1, y1 = BOX
    picture[y0:y1, x0:x1] = (200, 40, 30)
    frame = Frame("a", Camera(900, 900, 539.5, 539.5, SIZE, SIZE), np.eye(4), ArrayPhoto(picture))
    cloud = PointCloud(np.array([[0.0, 0.0, 2.0]]), np.zeros((1, 3), np.uint8))
    rule = ConfidenceRule(None, inclusive=True, reason="test")
    scene = Scene("s", cloud, (frame,), rule, 0.01, np.array([0.0, -1, 0]), metric=True)
    return Project(scene)


def made(name: str, project: Project, features: FeatureStore) -> Tool:
    make = TOOLS[name].make
    assert make is not None
    return make(ToolParts(project, features, RegionStore(project)))


def tool(project: Project, name: str) -> Tool:
    return made(name, project, FeatureStore(project))


def context(class_id: int = 1, **more: bool) -> ToolContext:
    return ToolContext(0, class_id, 10.0, **more)


def truth() -> IdArray:
    mask = np.zeros((SIZE, SIZE), dtype=np.uint16)
    x0, y0, x1, y1 = BOX
    mask[y0:y1, x0:x1] = 1
    return mask


def overlap(mask: IdArray) -> float:
    inside = truth() > 0
    return np.count_nonzero(inside & (mask > 0)) / np.count_nonzero(inside | (mask > 0))


def test_a_polygon_is_one_step_with_exactly_its_pixels(project: Project) -> None:
    polygon = tool(project, "polygon")
    for corner in ((299.5, 339.5), (699.5, 339.5), (699.5, 779.5), (299.5, 779.5)):
        polygon.press(context(), corner)
        polygon.release()
    assert polygon.is_active
    assert not project.has_paint
    assert polygon.confirm()
    assert not polygon.is_active
    np.testing.assert_array_equal(project.mask(0), truth())
    assert project.undo() == "polygon"
    assert not project.mask(0).any()


def test_the_other_button_and_backspace_take_corners_away(project: Project) -> None:
    polygon = tool(project, "polygon")
    for corner in ((10, 10), (60, 10), (60, 60), (999, 999)):
        polygon.press(context(), corner)
    polygon.press(context(0), (5, 5))
    assert polygon.sketch is not None
    assert polygon.sketch.line == ((10, 10), (60, 10), (60, 60))
    assert polygon.step_back()
    polygon.press(context(), (10, 60))
    polygon.press(context(is_double=True), (10, 60))
    assert 1000 < np.count_nonzero(project.mask(0)) < 1500
    assert not polygon.step_back()


def test_a_polygon_begun_by_the_right_button_erases(project: Project) -> None:
    project.set_mask(0, truth())
    polygon = tool(project, "polygon")
    for corner in ((0, 0), (SIZE, 0), (SIZE, SIZE), (0, SIZE)):
        polygon.press(context(0), corner)
    polygon.confirm()
    assert not project.mask(0).any()


def test_two_corners_paint_nothing_and_escape_forgets(project: Project) -> None:
    polygon = tool(project, "polygon")
    for corner in ((0, 0), (50, 0)):
        polygon.press(context(), corner)
    assert polygon.confirm()
    polygon.press(context(), (3, 3))
    polygon.cancel()
    assert not polygon.is_active
    assert not project.history.done


@pytest.mark.parametrize("name", ["fill", "assist"])
def test_a_press_selects_the_box_and_the_right_button_erases_it(
    project: Project, name: str
) -> None:
    selecting = tool(project, name)
    selecting.press(context(), (500, 560))
    if name == "assist":
        selecting.drag((500 + 237, 560))
    assert selecting.sketch is not None
    assert selecting.sketch.area is not None
    assert not project.has_paint
    selecting.release()
    assert overlap(project.mask(0)) > 0.97
    assert project.history.undo_name == name
    selecting.press(context(0), (500, 560))
    if name == "assist":
        selecting.drag((500 + 237, 560))
    selecting.release()
    assert np.count_nonzero(project.mask(0)) < 2000
    assert project.history.undo_name == "erase"


def test_protected_paint_stays_under_a_fill(project: Project) -> None:
    half = truth()
    half[:, 500:] = 0
    project.set_mask(0, half * 2)
    filling = tool(project, "fill")
    filling.press(ToolContext(0, 1, 10.0, protect=True), (600, 560))
    filling.release()
    assert set(np.unique(project.mask(0)[400:700, 310:490])) == {2}


def test_a_rough_outline_selects_what_differs_inside(project: Project) -> None:
    outlining = tool(project, "outline")
    outlining.press(context(), (240, 280))
    for corner in ((760, 280), (760, 840), (240, 840)):
        outlining.drag(corner)
    outlining.release()
    assert overlap(project.mask(0)) > 0.95
    assert not outlining.is_active


def test_an_outline_around_nothing_says_so(project: Project) -> None:
    features = FeatureStore(project)
    outlining = made("outline", project, features)
    said: list[Exception] = []
    features.failed.connect(said.append)
    outlining.press(context(), (20, 20))
    for corner in ((120, 20), (120, 120), (20, 120)):
        outlining.drag(corner)
    outlining.release()
    assert not project.has_paint or overlap(project.mask(0)) < 0.2
    assert not outlining.is_active


def test_a_press_beside_the_photo_does_nothing(project: Project) -> None:
    for name in ("fill", "assist", "outline"):
        selecting = tool(project, name)
        selecting.press(context(), (-30, 40))
        selecting.drag((40, 40))
        selecting.release()
        assert not selecting.is_active
    assert not project.has_paint
