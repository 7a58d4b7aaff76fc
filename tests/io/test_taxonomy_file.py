from __future__ import annotations

import json

import pytest

from o3d_paint.assets import asset
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, PaintError, StorageError, TaxonomyError
from o3d_paint.io.taxonomy_file import PRESETS, find_taxonomy, read_taxonomy, write_taxonomy


def test_what_is_written_is_read_again(tmp_path):
    taxonomy = Taxonomy(
        (LabelClass(40_000, 'Dach "屋根"', (1, 2, 3)), LabelClass(2, "wall", (255, 0, 9)))
    )
    write_taxonomy(taxonomy, tmp_path / "c.json")
    assert read_taxonomy(tmp_path / "c.json").taxonomy == taxonomy
    with pytest.raises(StorageError, match="written over"):
        write_taxonomy(taxonomy, tmp_path / "c.json", inputs=[tmp_path / "c.json"])


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_complete_and_cite_their_source(preset):
    found = find_taxonomy(preset)
    assert found.source.startswith("github.com/")
    assert found.note
    assert len(found.taxonomy) >= 13


def test_every_shipped_list_is_offered():
    assert {p.stem for p in asset("taxonomies").glob("*.json")} == set(PRESETS)


@pytest.mark.parametrize(
    ("preset", "count", "some"),
    [
        # cityscapesScripts, labels.py
        (
            "cityscapes",
            30,
            {7: ("road", "804080"), 24: ("person", "dc143c"), 33: ("bicycle", "770b20")},
        ),
        # ScanNet, VALID_CLASS_IDS and the NYU40 palette
        (
            "ScanNet-20",
            20,
            {
                1: ("wall", "aec7e8"),
                24: ("refrigerator", "ff7f0e"),
                39: ("otherfurniture", "5254a3"),
            },
        ),
        # PointNet's indoor3d_util.py, from 1
        (
            "S3DIS",
            13,
            {1: ("ceiling", "00ff00"), 9: ("chair", "ff0000"), 13: ("clutter", "323232")},
        ),
        # LAS 1.4, table of formats 6 to 10
        (
            "asprs",
            20,
            {2: ("Ground", "aa5500"), 6: ("Building", "ff5555"), 17: ("Bridge Deck", "5555ff")},
        ),
    ],
)
def test_ids_names_and_colours_of_presets(preset, count, some):
    taxonomy = find_taxonomy(preset).taxonomy
    assert len(taxonomy) == count
    for class_id, (name, color) in some.items():
        found = taxonomy.get(class_id)
        assert (found.name, bytes(found.color).hex()) == (name, color)


def test_las_reserves_what_the_preset_leaves_out():
    laspy_classes = {c.class_id for c in find_taxonomy("asprs").taxonomy}
    assert laspy_classes == set(range(1, 23)) - {8, 12}


def test_what_is_left_out_is_filled_in(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(
        json.dumps(["roof", {"name": "wall", "color": "#EE7733"}, {"id": 9, "name": "x"}, "y"])
    )
    classes = read_taxonomy(path).taxonomy.classes
    assert [(c.class_id, c.name) for c in classes] == [
        (1, "roof"),
        (2, "wall"),
        (9, "x"),
        (10, "y"),
    ]
    assert classes[1].color == (0xEE, 0x77, 0x33)
    assert len({c.color for c in classes}) == 4


@pytest.mark.parametrize(
    ("content", "error", "word"),
    [
        ("{", FormatError, "not valid JSON"),
        ("{}", FormatError, "classes"),
        ('{"classes": 3}', FormatError, "list"),
        ('[{"id": 1}]', FormatError, "name"),
        ('[{"id": "1", "name": "a"}]', FormatError, "int"),
        ('[{"id": true, "name": "a"}]', FormatError, "int"),
        ('[{"name": "a", "color": [1, 2]}]', FormatError, "three numbers"),
        ('[{"name": "a", "color": "red"}]', FormatError, "three numbers"),
        ('[{"name": "a", "color": [1, 2, 300]}]', TaxonomyError, "0 to 255"),
        ('[{"id": 0, "name": "a"}]', TaxonomyError, "1 to 65535"),
        ('["a", "a"]', TaxonomyError, "occurs twice"),
        ('[""]', TaxonomyError, "empty name"),
        ("[3]", FormatError, "object"),
    ],
)
def test_broken_lists_are_named(tmp_path, content, error, word):
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(error, match=word) as caught:
        read_taxonomy(path)
    assert "broken.json" in str(caught.value)


def test_no_such_list(tmp_path):
    with pytest.raises(PaintError, match="cityscapes, scannet20"):
        find_taxonomy(tmp_path / "none.json")
