from __future__ import annotations

import json

import numpy as np
import pytest

from o3d_paint.core.brush import Stroke
from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.scene import load_scene
from o3d_paint.io.strokes import StrokeRecord, read_strokes, stroke_masks, write_strokes
from tests.io.ball_on_floor import arrays, save

KIT = {
    "classes": {"1": "base plate", "3": "roof"},
    "sequence": [0, 0, 2],
    "frames": {
        "0": [
            {"class": 3, "brush": 70, "points": [[0.25, 0.5], [0.75, 0.5]]},
            {"class": 1, "brush": 30.5, "points": [[0.5, 0.5]]},
            {"class": 0, "brush": 10, "points": [[0.5, 0.5]]},
        ],
        "2": [{"class": 1, "brush": 10, "points": [[-0.1, 0.0], [0.0, 0.0]]}],
    },
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))


@pytest.fixture
def kit(tmp_path):
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps(KIT))
    return path


def test_the_kits_strokes_are_painted_in_order(kit, scene):
    masks = stroke_masks(read_strokes(kit), scene)
    assert list(masks) == [0, 2]
    mask = masks[0]
    assert mask.shape == (1080, 1620)
    u, v = np.meshgrid(np.arange(1620), np.arange(1080))
    center = np.hypot(u - 0.5 * 1619, v - 0.5 * 1079)
    along = np.clip(u, 0.25 * 1619, 0.75 * 1619)
    wide = np.hypot(u - along, v - 0.5 * 1079) <= 70
    expected = np.where(wide, 3, 0)
    expected[center <= 30.5] = 1
    expected[center <= 10] = 0
    assert np.count_nonzero(mask != expected) <= 4
    assert masks[2][0, 0] == 1
    assert masks[2][0, 11] == 0


def test_classes_keep_their_ids_and_names(kit):
    taxonomy = read_strokes(kit).taxonomy()
    assert [(c.class_id, c.name) for c in taxonomy] == [(1, "base plate"), (3, "roof")]


def test_strokes_come_back_as_written(kit, tmp_path):
    record = read_strokes(kit)
    write_strokes(tmp_path / "again.json", record)
    assert json.loads((tmp_path / "again.json").read_text()) == KIT


def test_strokes_without_classes_are_named_after_their_numbers(tmp_path):
    record = StrokeRecord({}, (0,), {0: (Stroke(np.zeros((1, 2)), 3.0, 9),)})
    write_strokes(tmp_path / "a.json", record)
    taxonomy = read_strokes(tmp_path / "a.json").taxonomy()
    assert [(c.class_id, c.name) for c in taxonomy] == [(9, "class 9")]


def test_another_scenes_strokes_are_refused(kit, scene):
    record = read_strokes(kit)
    with pytest.raises(SceneError, match=r"paint photo 9 but s has photos 0 to 3"):
        stroke_masks(StrokeRecord(record.names, (9,), record.frames), scene)


def changed(path, value):
    document = json.loads(json.dumps(KIT))
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "must be an object"),
        ({}, "no 'frames'"),
        (changed(["frames"], []), "'frames'"),
        (changed(["frames", "x"], []), "'x', expected a number"),
        (changed(["frames", "0"], 3), "list of strokes"),
        (changed(["frames", "0", 0], 3), "stroke 0 of photo 0"),
        (changed(["frames", "0", 0, "class"], -1), "'class' of stroke 0"),
        (changed(["frames", "0", 0, "class"], "roof"), "'class'"),
        (changed(["frames", "0", 0, "class"], 70000), "'class'"),
        (changed(["frames", "0", 0, "brush"], 0), "'brush'"),
        (changed(["frames", "0", 0, "brush"], 1e300), "'brush'"),
        (changed(["frames", "0", 0, "points"], []), "'points'"),
        (changed(["frames", "0", 0, "points"], [[1, 2, 3]]), "'points'"),
        (changed(["frames", "0", 0, "points"], [[1], [2, 3]]), "'points'"),
        (changed(["frames", "0", 0, "points"], [[1e9, 0]]), "'points'"),
        (changed(["frames", "0", 0, "points"], [["a", "b"]]), "'points'"),
        (changed(["sequence"], [0.5]), "entry of 'sequence'"),
        (changed(["sequence"], ["²"]), "entry of 'sequence'"),
        (changed(["classes"], {"0": "none"}), "class '0'"),
        (changed(["classes"], {"1": ""}), "class '1'"),
    ],
)
def test_broken_strokes_are_one_sentence(tmp_path, document, message):
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=message) as caught:
        read_strokes(path)
    assert str(path) in str(caught.value)


def test_not_a_number_is_no_point(tmp_path):
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps(changed(["frames", "0", 0, "points"], [[float("nan"), 0]])))
    with pytest.raises(FormatError, match="points"):
        read_strokes(path)


def test_endless_strokes_are_refused_before_they_are_painted(scene):
    """200,000 points of a brush as wide as the photo take an hour, and a file of 4 MB."""
    wide = Stroke(np.random.default_rng(0).uniform(0, 1, (200_000, 2)), 20_000, 1)
    with pytest.raises(SceneError, match="no hand painted them"):
        stroke_masks(StrokeRecord({1: "a"}, (0,), {0: (wide,)}), scene)
    outside = Stroke(np.random.default_rng(0).uniform(5, 6, (200_000, 2)), 100, 1)
    assert not stroke_masks(StrokeRecord({1: "a"}, (0,), {0: (outside,)}), scene)[0].any()


def test_photos_without_a_stroke_take_no_memory(scene):
    masks = stroke_masks(StrokeRecord({1: "a"}, (0, 1, 2, 3), {}), scene)
    assert isinstance(masks, PackedMasks)
    assert len(masks) == 4
