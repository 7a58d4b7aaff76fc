from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from o3d_paint.io.mask_formats.registry import read_masks


def _encoded(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _labelme_mask(path: Path, corners: list[list[float]], mask: str) -> Path:
    shapes = [
        {"label": "walls", "points": [[0, 0], [30, 20]], "shape_type": "rectangle"},
        {"label": "roof", "points": corners, "shape_type": "mask", "mask": mask},
    ]
    document = {"shapes": shapes, "imageHeight": 20, "imageWidth": 30}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", [np.bool_, np.uint8])
@pytest.mark.parametrize("first", [(4.0, 3.0), (-2.0, 3.0), (27.0, 18.0), (4.4, 2.6), (-40.0, 3.0)])
def test_masks_of_labelmes_ai_lie_with_their_first_pixel_on_the_first_corner(
    tmp_path: Path, first: tuple[float, float], kind: type
) -> None:
    pixels = np.random.default_rng(5).integers(0, 2, (6, 9))
    corners = [list(first), [first[0] + 8, first[1] + 5]]
    masks = read_masks(_labelme_mask(tmp_path / "a.json", corners, _encoded(pixels.astype(kind))))
    expected = np.full((20, 30), 2)
    x, y = round(first[0]), round(first[1])
    for row, column in np.argwhere(pixels):
        if 0 <= y + row < 20 and 0 <= x + column < 30:
            expected[y + row, x + column] = 1
    assert masks.names == {1: "roof", 2: "walls"}
    assert (masks.masks[0].read() == expected).all()


@pytest.mark.parametrize(
    ("corners", "mask", "words"),
    [
        ([[4, 3], [14, 8]], _encoded(np.ones((6, 9), bool)), "9x6 pixels, its corners say 11x6"),
        ([[4, 3]], _encoded(np.ones((6, 9), bool)), "a mask has two corners, found 1"),
        ([], _encoded(np.ones((1, 1), bool)), "a mask has two corners, found 0"),
        ([[0, 0], [59, 5]], _encoded(np.ones((6, 60), bool)), "its photo has 30x20"),
        ([[0, 0], [8, 5]], _encoded(np.ones((6, 9, 3), np.uint8)), "found 3 channels"),
        ([[0, 0], [8, 5]], "no picture", "not a picture|not base64"),
        ([[0, 0], [8, 5]], "é", "not base64"),
        ([[0, 0], [8, 5]], _encoded(np.ones((6, 9), bool))[:60], "is cut off|not a picture"),
    ],
)
def test_labelme_masks_that_contradict_themselves_are_left_out(
    tmp_path: Path, corners: list[list[float]], mask: str, words: str
) -> None:
    masks = read_masks(_labelme_mask(tmp_path / "a.json", corners, mask))
    assert (masks.masks[0].read() == 2).all()
    (sentence,) = masks.findings.sentences()
    assert sentence.startswith("Left out: 1 shape that cannot be read (")
    assert re.search(words, sentence)


def test_bombs_in_labelme_masks_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = _encoded(np.ones((8000, 8000), bool))
    masks = read_masks(_labelme_mask(tmp_path / "a.json", [[0, 0], [7999, 7999]], bomb))
    monkeypatch.setattr(PngImageFile, "load", lambda _: pytest.fail("decoded"))
    masks.masks[0].read()
    assert "its photo has 30x20" in " ".join(masks.findings.sentences())


@pytest.mark.parametrize(
    "points",
    [
        [[500, 500], [600, 500], [600, 600]],
        [[5, 5], [15, 15], [25, 25], [15, 15]],
        [[-9, 2], [-3, 2], [-3, 9]],
    ],
)
def test_shapes_that_cover_no_pixel_are_told(tmp_path: Path, points: list[list[float]]) -> None:
    path = _labelme_mask(tmp_path / "a.json", [[0, 0], [1, 1]], "")
    document = json.loads(path.read_text("utf-8"))
    document["shapes"][1] = {"label": "roof", "points": points, "shape_type": "polygon"}
    path.write_text(json.dumps(document), encoding="utf-8")
    masks = read_masks(path)
    assert np.unique(masks.masks[0].read()).tolist() == [2]
    (sentence,) = masks.findings.sentences()
    assert "shapes[1]" in sentence
    assert "covers no pixel of its photo" in sentence
