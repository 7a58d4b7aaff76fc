"""Regions without classes: read, matched with photos, and painted by clicks."""

from __future__ import annotations

import json

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.core.selection.photo_regions import fitted_regions
from o3d_paint.errors import PaintError
from o3d_paint.io.masks import load_masks
from o3d_paint.io.region_masks import load_regions
from o3d_paint.project.gestures import ToolContext
from o3d_paint.project.region_tool import RegionTool
from o3d_paint.project.regions import RegionStore
from tests.project.scenes import MASK_SHAPE, strip_scene

SMALL = (108, 16)


def wall_with_window():
    """The whole wall (window included), and its window."""
    wall, window = np.zeros(SMALL, bool), np.zeros(SMALL, bool)
    wall[20:90, 2:14] = True
    window[40:50, 5:9] = True
    return [wall, window]


def sam(coverages):
    coco = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    records = []
    for coverage in coverages:
        code = coco.encode(np.asfortranarray(coverage))
        code["counts"] = code["counts"].decode()
        records.append({"segmentation": code, "area": int(coverage.sum()), "predicted_iou": 0.9})
    return records


@pytest.fixture
def project():
    return op.Project(strip_scene(), classes=["wall", "window"])


def clicks(project, store):
    tool = RegionTool(project, store)

    def click(class_id, point, *, protect=False):
        tool.press(ToolContext(1, class_id, 0.0, protect=protect), point)
        shown = tool.sketch
        tool.release()
        return shown

    return click


def test_the_smallest_region_first_then_what_is_around_it(project):
    store = RegionStore(project)
    store.set_readers({1: lambda: fitted_regions(wall_with_window(), MASK_SHAPE)})
    wall, window = (np.kron(c, np.ones((10, 10), bool)) for c in wall_with_window())
    click, on_window = clicks(project, store), (70.0, 450.0)

    shown = click(2, on_window)
    assert shown is not None
    rect, coverage = shown.area
    assert (rect.y0, rect.x0, coverage.shape, coverage.all()) == (400, 50, (100, 40), True)
    assert (project.mask(1) == np.where(window, 2, 0)).all()
    assert project.history.undo_name == "region"

    click(2, on_window)
    assert (project.mask(1) == np.where(wall, 2, 0)).all()
    assert len(project.history.done) == 2
    click(2, on_window)
    assert len(project.history.done) == 2

    project.undo()
    click(1, (30.0, 300.0), protect=True)
    assert (project.mask(1) == np.where(window, 2, np.where(wall, 1, 0))).all()
    click(0, on_window)
    assert (project.mask(1) == np.where(wall & ~window, 1, 0)).all()
    assert project.history.undo_name == "erase"
    for _ in range(3):
        project.undo()
    assert not project.mask(1).any()
    assert click(1, (0.0, 0.0)) is None


def test_files_of_segment_anything_belong_to_their_photos(project, tmp_path):
    (tmp_path / "photo_01.json").write_text(json.dumps(sam(wall_with_window())))
    image = {"image_id": 2, "width": 16, "height": 108, "file_name": "photo_02.jpg"}
    document = {"image": image, "annotations": sam(wall_with_window()[:1])}
    (tmp_path / "sa_2.json").write_text(json.dumps(document))
    found = load_regions(tmp_path, project.scene)
    assert sorted(found.readers) == [1, 2]
    regions = found.readers[1]()
    assert [a[1].shape for a in regions.areas] == [(100, 40), (700, 120)]
    assert all(a[1].all() for a in regions.areas)
    assert len(found.readers[2]().areas) == 1
    with pytest.raises(PaintError, match="--regions"):
        load_masks(tmp_path, project.scene)


def test_a_bool_stack_goes_to_the_open_photo_where_its_name_says_nothing(project, tmp_path):
    np.save(tmp_path / "masks.npy", np.array(wall_with_window()))
    with pytest.raises(PaintError, match="belongs to a photo"):
        load_regions(tmp_path / "masks.npy", project.scene)
    found = load_regions(tmp_path / "masks.npy", project.scene, open_idx=3)
    assert list(found.readers) == [3]
    assert len(found.readers[3]().areas) == 2
    assert "open one" in found.notes[0]


def test_what_is_no_region_or_of_another_aspect_is_said(project, tmp_path):
    np.save(tmp_path / "000.npy", np.ones(SMALL, np.uint8))
    with pytest.raises(PaintError, match="fuse --masks"):
        load_regions(tmp_path / "000.npy", project.scene)
    np.save(tmp_path / "001.npy", np.ones((2, 16, 108), bool))
    store, errors = RegionStore(project), []
    store.failed.connect(errors.append)
    store.set_readers(load_regions(tmp_path / "001.npy", project.scene).readers)
    assert store.request(1) is None
    assert "aspect" in str(errors[0])
