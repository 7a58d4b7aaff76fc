"""Where masks go, what lies there already, and what is left when they cannot be written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import StorageError
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.mask_exporters import MASK_WRITERS, write_masks
from o3d_paint.io.scene import load_scene
from tests.io.ball_on_floor import arrays, save

TAXONOMY = Taxonomy((LabelClass(1, "floor", (1, 2, 3)), LabelClass(2, "ball", (9, 8, 7))))


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> LabelledScene:
    scene = load_scene(save(tmp_path_factory.mktemp("s") / "s.npz", arrays()[0]))
    truth = arrays()[1]
    labels = truth[truth > 0].astype(np.uint16)
    return LabelledScene(scene, TAXONOMY, labels, np.ones(len(labels), np.uint8))


@pytest.mark.parametrize(
    ("format_name", "name"),
    [("png", "out.json"), ("yolo", "out.zip"), ("cvat", "out.json"), ("coco", "a.PNG")],
)
def test_a_files_name_never_becomes_a_folder(
    tmp_path: Path, labelled: LabelledScene, format_name: str, name: str
) -> None:
    with pytest.raises(StorageError, match="is the name of a file, but this format") as error:
        write_masks(labelled, tmp_path / name, format_name)
    assert ("--format coco" in str(error.value)) == name.endswith(".json")
    assert ("--format cvat" in str(error.value)) == name.endswith(".zip")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_has_the_files_name_is_not_filled(
    tmp_path: Path, labelled: LabelledScene
) -> None:
    (tmp_path / "out.json").mkdir()
    with pytest.raises(StorageError, match=r"out\.json is a folder that is there already"):
        write_masks(labelled, tmp_path / "out.json", "coco")
    assert not list((tmp_path / "out.json").iterdir())
    write_masks(labelled, tmp_path / "OUT2.JSON", "coco")
    assert len(json.loads((tmp_path / "OUT2.JSON").read_text())["images"]) == 4


def test_masks_of_another_kind_that_stay_in_the_folder_are_named(
    tmp_path: Path, labelled: LabelledScene
) -> None:
    folder = tmp_path / "m"
    assert not write_masks(labelled, folder, "png").notes
    assert not write_masks(labelled, folder, "png", photos=True).notes
    (note,) = write_masks(labelled, folder, "coco").notes
    assert "still holds 000.png, 001.png, 002.png … from before" in note
    (folder / "001.npy").touch()
    (folder / "002.jpg").touch()
    (folder / "else.jpg").touch()
    (note,) = write_masks(labelled, folder, "png").notes
    assert "still holds 001.npy, 002.jpg, annotations.json from before" in note
    assert not write_masks(labelled, folder / "alone.json", "coco").notes


@pytest.mark.parametrize("format_name", list(MASK_WRITERS))
def test_a_full_disk_leaves_no_empty_folders(
    tmp_path: Path, labelled: LabelledScene, format_name: str
) -> None:
    resource = pytest.importorskip("resource", reason="this system has no such limit")
    (tmp_path / "mine").mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        for place in (tmp_path / "deep" / "out", tmp_path / "mine"):
            with pytest.raises(StorageError, match="larger than this disk allows"):
                write_masks(labelled, place, format_name, photos=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == ["mine"]
    assert not os.listdir(tmp_path / "mine")
    write_masks(labelled, tmp_path / "deep" / "out", format_name)
