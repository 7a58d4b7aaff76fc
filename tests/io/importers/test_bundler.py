"""bundle.out, rebuilt from Bundler's manual."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.errors import PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from tests.io.importers import dots

FOCAL, K1, K2 = 305.0, -0.07, 0.02
GL = np.diag([1.0, -1, -1])


def seen(pose: np.ndarray) -> np.ndarray:
    """The manual's formulas; places with integers at pixel centres."""
    cam = dots.POINTS @ (GL @ pose[:3, :3]).T + GL @ pose[:3, 3]
    p = -cam[:, :2] / cam[:, 2:]
    r2 = (p**2).sum(axis=1, keepdims=True)
    flat = FOCAL * (1 + K1 * r2 + K2 * r2**2) * p
    return np.stack([dots.W / 2 + flat[:, 0], dots.H / 2 - flat[:, 1]], axis=1) - 0.5


def write(folder: Path) -> list[str]:
    (folder / "images").mkdir()
    cameras = []
    for i, pose in enumerate(dots.poses()):
        dots.photo(seen(pose)).save(folder / "images" / f"my photo {i}.png")
        rows = [*(GL @ pose[:3, :3]), GL @ pose[:3, 3]]
        cameras += [f"{FOCAL} {K1} {K2}", *(" ".join(map(repr, r.tolist())) for r in rows)]
    points = []
    for p in dots.POINTS:
        points += [" ".join(map(repr, p.tolist())), "200 100 50", "2 0 7 1.5 2.5 1 9 0.5 0.5"]
    empty = ["0 0 0", "0 0 0", "0 0 0", "0 0 0", "0 0 0"]
    head = ["# Bundle file v0.3", f"{dots.COUNT + 1} {len(dots.POINTS)}"]
    lines = [*head, *cameras, *empty, *points]
    (folder / "bundle.out").write_text("\n".join(lines))
    names = [f"images/my photo {i}.png 0 {FOCAL}" for i in range(dots.COUNT)]
    (folder / "list.txt").write_text("\n".join([*names, "images/lost.png"]))
    return lines


def read(path: Path, **options: object) -> Capture:
    return read_capture(path, ImportOptions(**options))


def test_every_dot_lies_where_the_cameras_see_it(tmp_path):
    write(tmp_path)
    for path in (tmp_path, tmp_path / "bundle.out"):
        capture = read(path)
        assert len(capture.frames) == dots.COUNT
        assert dots.worst_error(capture) < 0.5
        np.testing.assert_allclose(capture.xyz, dots.POINTS)
    assert "1 of 5 photos has no pose in bundle.out: 'images/lost.png'" in " ".join(capture.notes)
    # Other axes, which a user may ask for where a program wrote them wrong, are no longer right.
    assert dots.worst_error(read(tmp_path, axes="cv")) > 0.5


def test_what_is_cut_off_is_told(tmp_path):
    lines = write(tmp_path)
    (tmp_path / "bundle.out").write_text("\n".join(lines[:-4]))
    assert "2 of " in " ".join(read(tmp_path).notes)
    (tmp_path / "bundle.out").write_text("\n".join(lines[:9]))
    with pytest.raises(PaintError, match="cut off within its 5 cameras"):
        read(tmp_path)


def test_a_list_that_is_missing_or_of_others_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "list.txt").write_text("a.png\n")
    with pytest.raises(PaintError, match="lists 1 photos but"):
        read(tmp_path)
    (tmp_path / "list.txt").unlink()
    with pytest.raises(PaintError, match="has no list of its photos"):
        read(tmp_path)
