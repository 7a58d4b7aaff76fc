"""Archives that another program wrote, read to the pixel.

They were written once, on made-up masks of 12x8 pixels, by Datumaro, the library with which CVAT
exports: ``cvat_segmentation_mask.zip`` and ``coco.zip`` by CVAT's own Datumaro (0.3, commit
8970bb7) with the calls of CVAT's «Segmentation mask 1.1» and «COCO 1.0»;
``voc_without_colours.zip`` by Datumaro 1.13.12 from PyPI, format ``voc_segmentation``, which leaves
out the palette's colours.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.errors import FormatError
from o3d_paint.io.mask_formats.registry import read_masks

ARCHIVES = Path(__file__).parent / "written_by_datumaro"
COLORS = {
    "cvat_segmentation_mask.zip": {"wall": (250, 50, 83), "roof tile": (51, 221, 255)},
    "voc_without_colours.zip": {"wall": (128, 0, 0), "roof tile": (0, 128, 0)},
    "coco.zip": {},
}


def truth():
    """What was labelled: in one photo upright stripes, in the other its two upper lines."""
    stripes = np.full((8, 12), "", dtype="<U9")
    stripes[:, 4:8] = "wall"
    stripes[:, 8:] = "roof tile"
    lines = np.full((8, 12), "", dtype="<U9")
    lines[:2] = "wall"
    return {"left/a": stripes, "b": lines}


def check(found, colors):
    assert {found.names[i]: color for i, color in found.colors.items()} == colors
    assert {m.photo.rsplit(".", 1)[0] for m in found.masks} == set(truth())
    for mask in found.masks:
        expected = truth()[mask.photo.rsplit(".", 1)[0]]
        ids = {"": 0} | {name: i for i, name in found.names.items()}
        np.testing.assert_array_equal(mask.read(), np.vectorize(ids.get)(expected))


@pytest.mark.parametrize("name", COLORS)
def test_archive(name):
    check(read_masks(ARCHIVES / name), COLORS[name])


@pytest.mark.parametrize("name", COLORS)
def test_unpacked_archive(name, tmp_path):
    with zipfile.ZipFile(ARCHIVES / name) as archive:
        archive.extractall(tmp_path)
    check(read_masks(tmp_path), COLORS[name])
    if (tmp_path / "SegmentationClass").is_dir():
        check(read_masks(tmp_path / "SegmentationClass"), COLORS[name])


def test_only_some_colours_left_out(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labelmap.txt", "background:0,0,0::\nwall:::\n")
        archive.writestr("SegmentationClass/a.png", b"")
    with pytest.raises(FormatError, match=r"line 2 of labelmap.txt .* must be name:r,g,b"):
        read_masks(path)
