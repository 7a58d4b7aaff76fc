"""What belongs together where pictures or poses are missing, and what cannot be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from o3d_paint.errors import SceneError
from o3d_paint.io.importers.pose_files import is_pose, read_poses
from o3d_paint.io.importers.rgbd_pairs import of_same_name, paired, preferred


def _names(pattern: str, numbers: list[int]) -> list[Path]:
    return [Path(pattern.format(n)) for n in numbers]


def _numbers(
    photos: list[Path], depths: list[Path], triples: list[tuple[int, int, int]]
) -> list[tuple[str, str, int]]:
    return [(photos[i].stem, depths[j].stem, k) for i, j, k in triples]


@pytest.mark.parametrize(
    ("photos", "depths", "poses", "kept"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], 4, [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)]),
        # One is missing; the poses are those of the rest, of all, or of all numbers.
        ([0, 2, 3], [0, 1, 2, 3], 4, [(0, 0, 0), (2, 2, 2), (3, 3, 3)]),
        ([0, 1, 2, 3], [0, 1, 3], 4, [(0, 0, 0), (1, 1, 1), (3, 3, 3)]),
        ([0, 2, 3], [0, 2, 3], 4, [(0, 0, 0), (2, 2, 2), (3, 3, 3)]),
        ([1, 3, 4], [1, 3, 4], 4, [(1, 1, 0), (3, 3, 2), (4, 4, 3)]),
        # Another one is missing of either: as many, but not of the same photos.
        ([0, 1, 3, 4, 5], [0, 1, 2, 4, 5], 6, [(0, 0, 0), (1, 1, 1), (4, 4, 4), (5, 5, 5)]),
        # Depth counts from another number, and is all there.
        ([1, 2, 3, 4], [0, 1, 2, 3], 4, [(1, 0, 0), (2, 1, 1), (3, 2, 2), (4, 3, 3)]),
        # Times share nothing: the order counts.
        ([100, 200, 300], [101, 199, 303], 3, [(100, 101, 0), (200, 199, 1), (300, 303, 2)]),
    ],
)
def test_pictures_and_poses_are_brought_together(
    photos: list[int], depths: list[int], poses: int, kept: list[tuple[int, int, int]]
) -> None:
    colors, maps = _names("rgb_{:04d}.jpg", photos), _names("d{}.png", depths)
    triples, missing = paired(Path("s"), colors, maps, poses)
    found = [(photos[i], depths[j], k) for i, j, k in triples]
    assert found == kept
    lost = {*photos, *depths} - {p for p, _, _ in kept} - {d for _, d, _ in kept}
    assert len(missing) == len(lost)


@pytest.mark.parametrize(
    ("photos", "depths", "poses"),
    [
        ([0, 1, 2], [0, 1, 2], 9000),
        ([0, 1, 2, 9], [0, 1, 2], 2),
        ([10, 20], [11, 21, 31], 2),
        ([], [], 0),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_counts(
    photos: list[int], depths: list[int], poses: int
) -> None:
    if poses == 9000:
        # As many poses as numbers could be: a recording of which few photos were kept.
        triples, _ = paired(Path("s"), _names("{}.jpg", photos), _names("{}.png", depths), poses)
        assert [k for _, _, k in triples] == [0, 1, 2]
        return
    with pytest.raises(SceneError, match=f"{len(photos)} photos, {len(depths)} depth pictures"):
        paired(Path("s"), _names("a{}.jpg", photos), _names("b{}.png", depths), poses)


def test_a_pose_file_a_photo_is_found_by_its_name() -> None:
    files = _names("{}.txt", [0, 2, 3])
    assert of_same_name(_names("{}.jpg", [0, 1, 2, 3]), files) == [0, None, 1, 2]
    assert of_same_name(_names("a{}.jpg", [7, 8, 9]), files) == [0, 1, 2]


def test_floats_go_before_pictures_of_the_same_depths() -> None:
    paths = [Path("d/0.npy"), Path("d/0.png"), Path("d/1.npy"), Path("d/1.png")]
    best, notes = preferred(paths, (".npy", ".png"))
    assert best == [paths[0], paths[2]]
    assert ".npy are read" in notes[0]
    assert preferred(best, (".npy", ".png")) == (best, [])


def test_lines_of_a_pose_file_that_are_broken_are_lost_poses(tmp_path: Path) -> None:
    lines = [" ".join(map(str, np.eye(4).ravel())) for _ in range(12)]
    lines[3] = lines[3].replace("1.0", "-1.#IND")
    lines[-1] = lines[-1][:20]
    (tmp_path / "poses.txt").write_text("\n".join(lines))
    poses, _ = read_poses(tmp_path / "poses.txt")
    assert [is_pose(p) for p in poses] == [i not in (3, 11) for i in range(12)]


def test_a_timed_line_that_is_cut_off_goes(tmp_path: Path) -> None:
    lines = [f"{t} 0 0 {t} 0 0 0 1" for t in range(10)]
    (tmp_path / "groundtruth.txt").write_text("\n".join([*lines, "10 0 0"]))
    poses, times = read_poses(tmp_path / "groundtruth.txt")
    assert times is not None
    assert times.tolist() == list(range(10))
    assert len(poses) == 10
