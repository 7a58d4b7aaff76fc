from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.assets import asset
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import FormatError, PaintError, StorageError, TaxonomyError
from o3d_paint.io.class_file import parse_class_file
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
        ('[{"id": 65536, "name": "a"}]', TaxonomyError, "1 to 65535"),
        ('[{"id": -3, "name": "a"}]', TaxonomyError, "1 to 65535"),
        ('["_background_"]', TaxonomyError, "no class"),
        ('{"a": {"b": 1}}', FormatError, "neither a class with its number"),
        ('{"a": true}', FormatError, "neither"),
        ('{"1": 3}', FormatError, "object"),
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


FLOOR_WALL = [(1, "floor"), (2, "wall")]
RED, BLUE = (204, 51, 17), (0, 119, 187)


@pytest.mark.parametrize(
    "text",
    ["floor,wall", " floor , wall,", "1=floor,2=wall", "2:wall,1:floor", "_background_,floor,wall"],
)
def test_names_as_typed(text):
    found = find_taxonomy(text)
    assert sorted((c.class_id, c.name) for c in found.taxonomy) == FLOOR_WALL
    assert found.starts_at == 1


def test_typed_numbers_that_contradict_each_other():
    with pytest.raises(TaxonomyError, match=r"'1=floor,1=wall'.*occurs twice"):
        find_taxonomy("1=floor,1=wall")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"1": "floor", "2": "wall"}'),
        ("a.json", '{"floor": 1, "wall": 2}'),
        ("a.json", '{"wall": 2, "floor": 1}'),
        ("a.json", '{"0": "background", "1": "floor", "2": "wall", "255": "void"}'),
        ("a.json", '{"1": {"name": "floor"}, "2": {"name": "wall", "color": "#0077bb"}}'),
        ("a.json", '{"floor": [204, 51, 17], "wall": [0, 119, 187]}'),
        ("a.json", '{"floor": "#cc3311", "wall": "#0077bb"}'),
        ("a.json", '["floor", "wall"]'),
        ("a.json", '{"classes": ["floor", "wall"]}'),
        ("a.json", '{"classes": {"1": "floor", "2": "wall"}}'),
        ("a.json", '{"names": {"1": "floor", "2": "wall"}}'),
        ("config.json", '{"id2label": {"1": "floor", "2": "wall"}, "model_type": "x"}'),
        ("config.json", '{"label2id": {"floor": 1, "wall": 2}}'),
        # COCO, with the group that Roboflow writes at 0; CVAT; Supervisely
        ("a.json", '{"images": [], "categories": [{"id": 1, "name": "floor"},'
         ' {"id": 2, "name": "wall", "supercategory": "x"}]}'),
        ("a.json", '{"categories": [{"id": 0, "name": "rooms", "supercategory": "none"},'
         ' {"id": 1, "name": "floor", "supercategory": "rooms"},'
         ' {"id": 2, "name": "wall", "supercategory": "rooms"}]}'),
        ("a.json", '[{"name": "floor", "color": "#cc3311", "attributes": []},'
         ' {"name": "wall", "color": "#0077bb", "type": "any"}]'),
        ("meta.json", '{"classes": [{"title": "floor", "shape": "polygon", "color": "#CC3311"},'
         ' {"title": "wall", "shape": "bitmap", "color": "#0077BB"}], "tags": []}'),
        ("map.json", '{"type": "grayscale", "colors": {"floor": 1, "wall": 2}}'),
        ("map.json", '{"type": "rgb", "colors": {"floor": [204, 51, 17], "wall": [0, 119, 187]}}'),
        ("classes.txt", "floor\nwall\n"),
        ("classes.txt", "\ufefffloor\r\n\r\nwall"),
        ("labels.txt", "__ignore__\n_background_\nfloor\nwall\n"),
        ("class_names.txt", "_background_\nfloor\nwall\n"),
        ("a.txt", "1 floor\n2 wall\n"),
        ("a.txt", "1: floor\n2: wall\n"),
        ("a.txt", "0: unlabelled\n1: floor\n2: wall\n"),
        ("a.txt", "floor,wall"),
        ("label_colors.txt", "204 51 17\tfloor\n0 119 187\twall\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\n"
         "floor:204,51,17::\nwall:0,119,187::\n"),
        ("a.csv", "id,name\n1,floor\n2,wall\n"),
        ("a.csv", "ID;Name;Color\n1;floor;#cc3311\n2;wall;#0077bb\n"),
        ("a.csv", "1,floor\n2,wall\n"),
        ("a.csv", "1,floor,#cc3311\n2,wall,#0077bb\n"),
        ("a.csv", "1,floor,204,51,17\n2,wall,0,119,187\n"),
        ("a.csv", 'id,name,color\n1,floor,"204,51,17"\n2,wall,"0,119,187"\n'),
        ("a.tsv", "name\tid\nfloor\t1\nwall\t2\n"),
        ("a.csv", "floor,1\nwall,2\n"),
        ("class_dict.csv", "name,r,g,b\nfloor,204,51,17\nwall,0,119,187\n"),
        ("_classes.csv", "Pixel Value, Class\n0, background\n1, floor\n2, wall\n"),
        ("a.yaml", "classes: [floor, wall]\n"),
        ("a.yaml", "- floor\n- wall\n"),
        ("a.yaml", "1: floor\n2: wall\n"),
        ("semantic.yaml", 'labels:\n  0 : "unlabeled"  # x\n  1: "floor"\n  2: "wall"\n'
         "color_map: # bgr\n  0: [0, 0, 0]\n"),
    ],
)  # fmt: skip
def test_class_files_of_other_programs(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    found = find_taxonomy(tmp_path / name)
    assert sorted((c.class_id, c.name) for c in found.taxonomy) == FLOOR_WALL
    assert found.starts_at == 1
    if "cc3311" in content.casefold() or "204" in content:
        assert [c.color for c in sorted(found.taxonomy, key=lambda c: c.class_id)] == [RED, BLUE]


@pytest.mark.parametrize(
    "content",
    [
        "names:\n  0: floor\n  1: wall\n",
        "path: ../x\ntrain: images/train  # 128 images\nnc: 2\nnames:\n- floor\n- 'wall'\n",
        "train: a\nnames: ['floor', \"wall\"]\nnc: 2\n",
        "names: [floor,\n  wall]\n",
        "names: {0: floor, 1: wall}\nroboflow:\n  license: x\n",
        "---\nnames:\n    # classes\n    0: floor  # the first\n    1: wall\ndownload: |\n  x\n",
    ],
)
def test_yolo_counts_from_0_so_every_class_is_one_higher(tmp_path, content):
    yaml = pytest.importorskip("yaml")
    path = tmp_path / "data.yaml"
    path.write_text(content)
    found = find_taxonomy(path)
    assert [(c.class_id, c.name) for c in found.taxonomy] == FLOOR_WALL
    assert found.starts_at == 0
    names = yaml.safe_load(content)["names"]
    names = list(names.values()) if isinstance(names, dict) else names
    assert names == [c.name for c in found.taxonomy]


@pytest.mark.parametrize("content", ['{"0": "crack"}', '[{"id": 0, "name": "crack"}]'])
def test_a_single_class_0(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    found = find_taxonomy(tmp_path / "a.json")
    assert [(c.class_id, c.name) for c in found.taxonomy] == [(1, "crack")]
    assert found.starts_at == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "id,name\n1,floor\nx,wall\n", "line 3 of .*'x' where others have"),
        ("a.csv", "id,name\n1,\n", "line 2 of .*no class name"),
        ("a.csv", "1,2\n3,4\n", "line 1 of .*no class name"),
        ("a.txt", "\n# nothing\n", "names no class"),
        ("a.xml", "<labels>\n<label>a</label>\n</labels>\n", "'<labels>', which is no name"),
        ("a.pbtxt", "item {\n  id: 1\n  name: 'a'\n}\n", "'item {', which is no name"),
        ("a.toml", 'names = ["a", "b"]\n', "which is no name"),
        ("a.yaml", "train: x\nval: y\n", "no list of class names"),
        ("a.yaml", "", "no list of class names"),
        ("labelmap.txt", "a:1,2,3::\nb:1,2,3::\n", "used before"),
    ],
)
def test_broken_tables_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    with pytest.raises(FormatError, match=words):
        find_taxonomy(tmp_path / name)


LINE = st.text(st.sampled_from("ab1290 ,;:\t#-[]{}'\"=.\u00e9"), max_size=12)


@given(
    lines=st.lists(LINE, max_size=5), name=st.sampled_from(["a.txt", "a.csv", "a.yaml", "a.json"])
)
def test_any_text_is_read_or_refused_in_a_sentence(lines, name):
    with suppress(FormatError):
        entries = parse_class_file("\n".join(lines).encode(), name).entries
        assert entries or name == "a.json"
        assert all(isinstance(e.name, str) for e in entries)
