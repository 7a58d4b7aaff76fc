"""Files that are named after classes and photos: any system takes them, none meets another."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import StorageError
from o3d_paint.io.exporters.selection import split_names
from o3d_paint.io.file_names import distinct_names, same_file_key
from o3d_paint.io.mask_exporters.source import file_stems
from o3d_paint.io.store import make_folder

NFD = unicodedata.normalize("NFD", "Dächer")
NAMES = [
    "Roof", "roof", "ROOF!", "roof_2", "roof_2_", "ROOF_1", "unlabelled", "Unlabelled_7", "Dächer",
    NFD, "straße", "STRASSE", "\u202egnp.exe", "a\x1b[31m", "con", "NUL", "x" * 400, "x" * 399,
    "../../up", "床", "·", "¨", "ﬁn", "FIN",
]  # fmt: skip


def taxonomy(names: list[str]) -> Taxonomy:
    return Taxonomy(tuple(LabelClass(i, n, (1, 2, 3)) for i, n in enumerate(names, start=1)))


def as_a_disk_sees_it(name: str) -> str:
    """Of a Mac and of Windows at once: neither tells case or composition apart."""
    return unicodedata.normalize("NFD", name).upper().casefold()


def test_files_of_classes_never_meet() -> None:
    files = split_names(Path("out/scan.ply"), taxonomy(NAMES))
    assert sorted(files) == list(range(len(NAMES) + 1))
    names = [f.name for f in files.values()]
    assert len({as_a_disk_sees_it(n) for n in names}) == len(names)
    for name in names:
        assert name.startswith("scan_")
        assert name.isprintable()
        assert len(name.encode()) <= 255
        assert not set('<>:"/\\|?*') & set(name)
    assert {f.parent for f in files.values()} == {Path("out")}


def test_names_that_are_alone_stay_and_the_others_get_their_numbers() -> None:
    files = split_names(Path("out.ply"), taxonomy(["roof", "wall", "WALL", "wall_2"]))
    assert [f.name for f in files.values()] == [
        "out_unlabelled.ply", "out_roof.ply", "out_wall_2_.ply", "out_wall_3.ply", "out_wall_2.ply",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "lpt9", "aux.old", "COM¹", "CONIN$"])
def test_names_of_devices_are_no_names(name: str) -> None:
    assert file_stems([f"{name}.png"])[0].startswith("_")


def test_photos_whose_names_meet_only_on_some_disks_are_kept_apart() -> None:
    names = [*NAMES, "A#0003", "a", "b", "A", "x" * 300, "x" * 301, "a\u202eb", "a_b", "end. "]
    stems = file_stems([f"{n}.png" for n in names])
    assert len({as_a_disk_sees_it(s) for s in stems}) == len(names)
    for stem in stems:
        assert stem.isprintable()
        assert stem == stem.strip(". ")
        assert len(stem.encode()) <= 200


def test_the_same_photos_always_get_the_same_names() -> None:
    assert file_stems(["A", "a", "", "x:y?"]) == ("A", "a#0001", "#0002", "x_y_")


def test_taken_names_are_left_alone() -> None:
    found = distinct_names(["A", "b"], longest=9, marks=["1", "2"], taken=["a", "A1"])
    assert found == ["A1_", "b"]
    assert same_file_key(NFD) == same_file_key("DÄCHER")


def test_thousands_of_classes_take_no_time() -> None:
    names = [f"thing {i}" for i in range(3000)] + [f"Thing_{i}!" for i in range(3000)]
    assert len(set(split_names(Path("a.ply"), taxonomy(names)).values())) == 6001


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_folders_within_an_output_are_no_links_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "images").symlink_to(tmp_path / "home")
    with pytest.raises(StorageError, match="leads out"):
        make_folder(tmp_path / "out" / "images" / "train", within=tmp_path / "out")
    assert not list((tmp_path / "home").iterdir())
    (tmp_path / "named").symlink_to(tmp_path / "home")
    assert make_folder(tmp_path / "named" / "a", within=tmp_path / "named").is_dir()


def test_ids_are_enough_where_names_say_nothing() -> None:
    files = split_names(Path("a.ply"), taxonomy(["·", "¨"]))
    assert len(set(files.values())) == 3
    assert np.all([f.suffix == ".ply" for f in files.values()])
