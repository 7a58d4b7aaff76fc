from __future__ import annotations

from dataclasses import astuple, fields
from pathlib import Path

import cv2
import numpy as np
import pytest

from o3d_paint.assets import asset
from o3d_paint.core.brush import Stroke
from o3d_paint.io.sample import (
    CLASS_NAMES,
    Sample,
    SampleOptions,
    generate_sample,
    sample_scene_path,
    write_sample,
)
from o3d_paint.io.sample import files as sample_files
from o3d_paint.io.sample.generate import back_project, look_at
from o3d_paint.io.sample.sensor import depth_edges, measure_depth
from o3d_paint.io.strokes import draw_stroke, read_strokes

SMALL = SampleOptions(resolution=96, photos=5, shadows=False, smooth=False)
TABLE = 6


@pytest.fixture(scope="module")
def small() -> Sample:
    return generate_sample(SMALL)


@pytest.fixture(scope="module")
def exact() -> Sample:
    return generate_sample(
        SampleOptions(resolution=160, photos=6, noise=0, shadows=False, smooth=False)
    )


def inside_camera(sample: Sample, idx: int, points: np.ndarray) -> tuple[np.ndarray, ...]:
    pose = sample.extrinsics[idx].astype(np.float64)
    x, y, z = (points @ pose[:, :3].T + pose[:, 3]).T
    matrix = sample.intrinsics[idx].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return matrix[0, 0] * x / z + matrix[0, 2], matrix[1, 1] * y / z + matrix[1, 2], z


def test_equal_options_give_equal_bytes(small: Sample) -> None:
    again = generate_sample(
        SampleOptions(**{f.name: getattr(SMALL, f.name) for f in fields(SMALL)})
    )
    for field in fields(Sample):
        first, second = getattr(small, field.name), getattr(again, field.name)
        assert first.dtype == second.dtype
        assert first.tobytes() == second.tobytes(), field.name


def test_another_seed_moves_cameras_and_noise(small: Sample) -> None:
    other = generate_sample(
        SampleOptions(seed=1, resolution=96, photos=5, shadows=False, smooth=False)
    )
    assert not np.allclose(other.extrinsics, small.extrinsics, atol=0.05)
    assert (other.photos != small.photos).mean() > 0.5


def test_shapes_and_types(small: Sample) -> None:
    assert small.photos.shape == (5, 96, 96, 3)
    assert small.photos.dtype == np.uint8
    assert small.depth.shape == small.confidence.shape == small.truth_pixels.shape == (5, 96, 96)
    assert small.depth.dtype == small.confidence.dtype == np.float32
    assert small.intrinsics.shape == (5, 3, 3)
    assert small.extrinsics.shape == (5, 3, 4)
    assert small.points.dtype == np.float64
    assert small.intrinsics[0, 0, 2] == pytest.approx(47.5)
    assert 2 * np.degrees(np.arctan(48 / small.intrinsics[0, 0, 0])) == pytest.approx(52, abs=1e-4)


def test_cloud_is_the_confident_pixels_in_order(small: Sample) -> None:
    kept = small.confidence > 0.5
    np.testing.assert_array_equal(small.pixel_of_point, np.flatnonzero(kept))
    np.testing.assert_array_equal(small.truth_points, small.truth_pixels[kept])
    np.testing.assert_array_equal(small.colors, small.photos[kept])
    frame, row, column = np.unravel_index(small.pixel_of_point, kept.shape)
    for idx in range(5):
        u, v, z = inside_camera(small, idx, small.points[frame == idx])
        np.testing.assert_allclose(u, column[frame == idx], atol=1e-3)
        np.testing.assert_allclose(v, row[frame == idx], atol=1e-3)
        np.testing.assert_allclose(
            z, small.depth[kept & (np.arange(5) == idx)[:, None, None]], atol=1e-5
        )


def test_background_has_neither_depth_nor_confidence_nor_class(small: Sample) -> None:
    background = small.truth_pixels == 0
    assert 0.3 < background.mean() < 0.8
    for values in (small.depth, small.confidence, small.true_depth):
        assert (values[background] == 0).all()
        assert (values[~background] > 0).all()


def test_all_classes_are_seen(small: Sample) -> None:
    assert set(np.unique(small.truth_points)) == set(CLASS_NAMES)
    assert list(CLASS_NAMES.values())[:5] == [
        "base plate",
        "walls",
        "roof",
        "figures",
        "accessories",
    ]


@pytest.mark.parametrize("idx", [0, 2, 5])
def test_surfaces_of_one_photo_are_surfaces_of_the_others(exact: Sample, idx: int) -> None:
    points = back_project(
        exact.depth[idx], exact.intrinsics[idx].astype(float), exact.extrinsics[idx].astype(float)
    )
    seen = exact.truth_pixels[idx].ravel() > 0
    classes = exact.truth_pixels[idx].ravel()[seen]
    agreeing = 0
    for other in set(range(6)) - {idx}:
        u, v, z = inside_camera(exact, other, points[seen])
        column, row = np.rint(u).astype(int), np.rint(v).astype(int)
        image = exact.depth[other]
        # Away from outlines and creases, where half a pixel is another surface.
        flat = cv2.dilate(image, np.ones((3, 3))) < cv2.erode(image, np.ones((3, 3))) + 0.08
        inside = (column >= 1) & (row >= 1) & (column < 159) & (row < 159)
        column, row, z = column[inside], row[inside], z[inside]
        there = image[row, column]
        usable = flat[row, column] & (there > 0)
        # Nothing floats before a surface that another photo sees: truth is solid.
        assert (z[usable] > there[usable] - 0.06).mean() > 0.995
        same = usable & (np.abs(z - there) < 0.02)
        match = exact.truth_pixels[other][row[same], column[same]] == classes[inside][same]
        assert match.mean() > 0.97
        agreeing += int(same.sum())
    assert agreeing > 3000


def test_base_plate_is_a_square_of_the_given_size() -> None:
    for size in (1.0, 4.0):
        options = SampleOptions(
            size=size, resolution=128, photos=4, noise=0, shadows=False, smooth=False
        )
        sample = generate_sample(options)
        plate = sample.points[sample.truth_points == 1]
        np.testing.assert_allclose(plate[:, :2].min(axis=0), -size / 2, atol=0.02 * size)
        np.testing.assert_allclose(plate[:, :2].max(axis=0), size / 2, atol=0.02 * size)
        centers = [-pose[:, :3].T @ pose[:, 3] for pose in sample.extrinsics]
        np.testing.assert_allclose(np.hypot(*np.array(centers)[:, :2].T), 1.8 * size, rtol=0.041)


def test_depth_noise_grows_with_the_square_of_depth() -> None:
    rng = np.random.default_rng(5)
    for z in (2.0, 4.0):
        depth = np.full((200, 200), z, dtype=np.float32)
        errors = [measure_depth(depth, rng, 1.0)[0] - depth for _ in range(12)]
        fine = [error - cv2.GaussianBlur(error, (0, 0), 6) for error in errors]
        assert np.std(fine) == pytest.approx(0.0007 * z * z, rel=0.1)
        # A bicubic field through knots of deviation 1 has a little less between them.
        whole = np.sqrt(0.0007**2 + 0.001**2) * z * z
        assert np.std(errors) == pytest.approx(whole, rel=0.25)
        assert np.std([error.mean() for error in errors]) > 0.00005 * z * z


def test_flying_pixels_lie_between_the_surfaces_of_an_edge() -> None:
    depth = np.full((60, 60), 2.0, dtype=np.float32)
    depth[:, 30:] = 3.0
    measured, flying = measure_depth(depth, np.random.default_rng(0), 1e-6)
    edges = depth_edges(depth)
    np.testing.assert_array_equal(np.flatnonzero(edges.any(axis=0)), [29, 30])
    assert flying[edges].mean() == pytest.approx(0.6, abs=0.12)
    assert not flying[~edges].any()
    assert ((measured[flying] >= 1.999) & (measured[flying] <= 3.001)).all()
    np.testing.assert_allclose(measured[~flying], depth[~flying], atol=1e-4)


def test_without_noise_depth_is_exact(exact: Sample) -> None:
    np.testing.assert_array_equal(exact.depth, exact.true_depth)


def test_confidence_is_low_on_edges_and_on_the_table() -> None:
    sample = generate_sample(SampleOptions(resolution=200, photos=3, shadows=False, smooth=False))
    edges = np.stack([depth_edges(np.where(d > 0, d, np.inf)) for d in sample.true_depth])
    table = (sample.truth_pixels == TABLE) & ~edges
    toy = (sample.truth_pixels > 0) & ~table & ~edges
    assert sample.confidence[edges].mean() == pytest.approx(2 / 7, abs=0.03)
    assert np.median(sample.confidence[table]) < 0.5
    assert np.median(sample.confidence[toy]) > 0.6
    assert sample.confidence.max() <= 1


def test_mono_takes_the_hue_and_leaves_the_pattern() -> None:
    options = {"resolution": 160, "photos": 1, "shadows": False, "smooth": False}
    colored, mono = (generate_sample(SampleOptions(mono=m, **options)) for m in (False, True))
    np.testing.assert_array_equal(colored.depth, mono.depth)

    def tints(sample: Sample) -> np.ndarray:
        shares = sample.photos[0] / sample.photos[0].sum(axis=-1, keepdims=True)
        return np.stack([shares[sample.truth_pixels[0] == c].mean(axis=0) for c in CLASS_NAMES])

    assert np.ptp(tints(colored), axis=0).max() > 0.08
    assert np.ptp(tints(mono), axis=0).max() < 0.03
    roof = mono.photos[0][mono.truth_pixels[0] == 3].astype(float).mean(axis=-1)
    assert roof.std() > 8


def test_several_houses_stand_apart_and_are_all_photographed() -> None:
    options = SampleOptions(houses=4, photos=8, resolution=64, shadows=False, smooth=False)
    sample = generate_sample(options)
    column, row = np.rint(sample.points[:, :2] / (3.4 * 2)).astype(int).T
    assert {(0, 0), (1, 0), (0, 1), (1, 1)} <= set(zip(column.tolist(), row.tolist(), strict=True))


def test_given_poses_are_used() -> None:
    pose = look_at(np.array([3.0, 0.5, 2.0]), np.zeros(3))[None]
    sample = generate_sample(
        SampleOptions(photos=1, resolution=64, poses=pose, shadows=False, smooth=False)
    )
    np.testing.assert_allclose(sample.extrinsics[0], pose[0, :3], atol=1e-6)
    assert sample.truth_pixels[0, 32, 32] > 0


@pytest.mark.parametrize(
    "wrong", [{"photos": 0}, {"size": 0.0}, {"noise": -1.0}, {"fade": 2.0}, {"poses": np.eye(4)}]
)
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SampleOptions(**wrong)  # type: ignore[arg-type]


def test_written_scene_has_the_kits_layout(small: Sample, tmp_path: Path) -> None:
    path = write_sample(small, tmp_path / "new")
    with np.load(path, allow_pickle=False) as scene:
        assert set(scene) == {
            "points_3d",
            "colors_3d",
            "depth",
            "conf",
            "intrinsics",
            "extrinsics",
            "processed_images",
        }
        np.testing.assert_array_equal(scene["points_3d"], small.points)
        assert scene["colors_3d"].dtype == np.float32
        np.testing.assert_array_equal(np.rint(scene["colors_3d"] * 255), small.colors)
        np.testing.assert_array_equal(scene["processed_images"], small.photos)
        np.testing.assert_array_equal(scene["conf"], small.confidence)
        assert scene["extrinsics"].shape == (5, 3, 4)
    with np.load(path.with_name("truth.npz"), allow_pickle=False) as truth:
        np.testing.assert_array_equal(truth["truth_points"], small.truth_points)
        np.testing.assert_array_equal(truth["truth_pixels"], small.truth_pixels)
    first = path.read_bytes()
    assert write_sample(small, tmp_path / "again").read_bytes() == first


def test_sample_scene_is_made_once(
    small: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def make() -> Sample:
        made.append(1)
        return small

    # The real one takes ten seconds; what is tested here is where it lands and how often.
    monkeypatch.setattr(sample_files, "generate_sample", make)
    path = sample_scene_path(tmp_path)
    assert path.is_file()
    assert path.parent.parent == tmp_path
    stamp = path.stat().st_mtime_ns
    assert sample_scene_path(tmp_path) == path
    assert path.stat().st_mtime_ns == stamp
    assert made == [1]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.parent.name]


def test_half_made_scene_is_made_again(
    small: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_files, "generate_sample", lambda: small)
    path = sample_scene_path(tmp_path)
    path.unlink()
    assert sample_scene_path(tmp_path) == path
    assert path.is_file()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.parent.name]


@pytest.mark.slow
def test_default_scene_and_its_recorded_strokes() -> None:
    sample = generate_sample()
    assert 800_000 <= len(sample.points) <= 900_000
    assert sample.photos.shape == (15, 518, 518, 3)
    record = read_strokes(asset("strokes", "sample.json"))
    assert record.names == CLASS_NAMES
    assert len(record.frames) == 5
    assert 40 <= sum(map(len, record.frames.values())) <= 150
    for idx, strokes in record.frames.items():
        truth = sample.truth_pixels[idx]
        mask = np.zeros(truth.shape, dtype=np.uint16)
        for stroke in strokes:
            draw_stroke(
                mask, Stroke(stroke.points * 517, stroke.radius * 518 / 1080, stroke.class_id)
            )
        painted = mask > 0
        assert painted[truth > 0].mean() > 0.1
        assert (mask[painted] == truth[painted]).mean() > 0.99


def test_options_are_a_value() -> None:
    assert SampleOptions() == SampleOptions(seed=0)
    assert astuple(SampleOptions())[0] == 0
