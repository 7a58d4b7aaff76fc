"""Damaged files of other programs are refused in words, or read without what is damaged."""

from __future__ import annotations

import contextlib
import random
import re
import warnings
from pathlib import Path

import pytest

from o3d_paint.errors import PaintError
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.importers import read_capture
from o3d_paint.io.mask_formats.registry import read_masks
from tests.io.importers import (
    dots,
    test_bundler,
    test_metashape,
    test_opensfm,
    test_phones,
    test_pix4d,
    test_realitycapture,
)
from tests.io.mask_formats import test_tools

TOKENS = (b"NaN", b"1e999", b"-1", b"[]", b"{}", b"null", b'"x"', b"9" * 30, b"", b"\xff", b"../x")
ATTEMPTS = 40

SCENES = {
    "metashape": (
        lambda d: test_metashape.write(d, [(test_metashape.BROWN, "frame")]),
        ["cameras.xml"],
    ),
    "opensfm": (
        lambda d: test_opensfm.write(d, [test_opensfm.BROWN]),
        ["opensfm/reconstruction.json"],
    ),
    "realitycapture": (test_realitycapture.write_table, ["cameras.csv"]),
    "realitycapture-xmp": (test_realitycapture.write_xmp, ["IMG_0.xmp"]),
    "bundler": (test_bundler.write, ["bundle.out", "list.txt"]),
    "opf": (
        test_pix4d.write_opf,
        ["project.opf", "calibrated-cameras.json", "camera-list.json", "tracks.gltf"],
    ),
    "polycam": (test_phones.write_polycam, ["keyframes/corrected_cameras/1000000.json"]),
}
MASKS = {
    "yolo": (test_tools._yolo, ["data.yaml", "labels/train/IMG_1.txt"]),
    "cvat": (
        lambda d: test_tools._write(d, {"annotations.xml": test_tools._cvat()}),
        ["annotations.xml"],
    ),
    "label-studio": (
        lambda d: test_tools._write(d, {"p.json": test_tools._label_studio()}),
        ["p.json"],
    ),
    "coco-panoptic": (test_tools.write_panoptic, ["panoptic_val.json"]),
    "supervisely": (test_tools._supervisely, ["ds0/ann/IMG_1.jpg.json"]),
}


def _damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        changed = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed)
    values = list(re.finditer(rb'-?\d+(\.\d+)?|"[^"]*"', data))
    found = chance.choice(values)
    return data[: found.start()] + chance.choice(TOKENS) + data[found.end() :]


@pytest.mark.parametrize("name", SCENES)
def test_scenes(tmp_path: Path, name: str) -> None:
    write, files = SCENES[name]
    write(tmp_path)
    cloud = tmp_path / "tie.xyz"
    options = ImportOptions(cloud=cloud if cloud.is_file() else None)
    target = tmp_path / "cameras.csv" if name == "realitycapture" else tmp_path
    chance = random.Random(name)
    for _ in range(ATTEMPTS):
        path = tmp_path / chance.choice(files)
        whole = path.read_bytes()
        path.write_bytes(_damaged(whole, chance))
        with warnings.catch_warnings(), contextlib.suppress(PaintError):
            warnings.simplefilter("error")
            assert len(read_capture(target, options, format_name=name).frames) <= dots.COUNT
        path.write_bytes(whole)


@pytest.mark.parametrize("name", MASKS)
def test_masks(tmp_path: Path, name: str) -> None:
    write, files = MASKS[name]
    write(tmp_path)
    chance = random.Random(name)
    for _ in range(4 * ATTEMPTS):
        path = tmp_path / chance.choice(files)
        whole = path.read_bytes()
        path.write_bytes(_damaged(whole, chance))
        with warnings.catch_warnings(), contextlib.suppress(PaintError):
            warnings.simplefilter("error")
            for mask in read_masks(tmp_path).masks:
                mask.sized((test_tools.H, test_tools.W)).read()
        path.write_bytes(whole)
