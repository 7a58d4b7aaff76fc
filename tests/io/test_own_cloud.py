"""A scanner's cloud with posed photos, with and without depth: labelled by the same paint."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.camera import inverse
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import article_taxonomy
from o3d_paint.errors import FormatError
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.project.pipeline import gather_evidence

UTM = np.array([448_000.0, 5_411_000.0, 300.0])


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate_sample(SampleOptions(resolution=128, photos=5, shadows=False, smooth=False))


def _cloud(path: Path, sample: Sample, *, labels: np.ndarray | None = None) -> Path:
    header = "x y z red green blue" + (" label" if labels is not None else "")
    columns = [sample.points + UTM, sample.colors]
    if labels is not None:
        columns.append(labels[:, None])
    np.savetxt(path, np.hstack(columns), fmt="%.4f", header=header, comments="//")
    return path


def _photos(folder: Path, sample: Sample, *, has_depth: bool) -> Path:
    """Write nerfstudio's layout, moved to UTM."""
    frames = []
    (folder / "images").mkdir(parents=True)
    for i, photo in enumerate(sample.photos):
        Image.fromarray(photo).save(folder / f"images/{i}.png")
        pose = np.eye(4)
        pose[:3] = sample.extrinsics[i]
        world_from_cam = inverse(pose) @ np.diag([1.0, -1, -1, 1])
        world_from_cam[:3, 3] += UTM
        k = sample.intrinsics[i]
        record = {"file_path": f"images/{i}.png", "transform_matrix": world_from_cam.tolist()}
        record |= {"fl_x": k[0, 0], "fl_y": k[1, 1], "cx": k[0, 2] + 0.5, "cy": k[1, 2] + 0.5}
        if has_depth:
            np.save(folder / f"{i}.npy", sample.depth[i])
            record["depth_file_path"] = f"{i}.npy"
        frames.append(
            {k: v if not isinstance(v, np.floating) else float(v) for k, v in record.items()}
        )
    (folder / "transforms.json").write_text(json.dumps({"frames": frames}))
    return folder


def _painted(scene: Scene, masks: dict[int, np.ndarray]) -> np.ndarray:
    return gather_evidence(scene, masks, tolerance=suggested_tolerance(scene)).labels()


@pytest.mark.parametrize("has_depth", [True, False])
def test_paint_reaches_the_scanners_points_and_only_those_in_sight(
    tmp_path: Path, sample: Sample, has_depth: bool
) -> None:
    folder = _photos(tmp_path / "photos", sample, has_depth=has_depth)
    options = LoadOptions(cloud=_cloud(tmp_path / "scan.xyz", sample), depth_unit=1.0)
    scene = load_scene(folder, options)
    assert np.abs(scene.cloud.xyz - sample.points - UTM).max() < 1e-3
    assert (scene.frames[0].depth is not None) == has_depth
    height, width = scene.frames[0].mask_shape
    truth = np.asarray(
        Image.fromarray(sample.truth_pixels[0]).resize((width, height), Image.Resampling.NEAREST)
    )
    labels = _painted(scene, {0: truth.astype(np.uint16)})
    painted = labels > 0
    assert painted.mean() > 0.08
    # The table (6) lies just behind the base plate's edge in the small photos of this test.
    # Without depth maps the surfels of so thin a cloud are as wide as the things on the table.
    right = (labels[painted] == sample.truth_points[painted]).mean()
    assert right > (0.93 if has_depth else 0.86)


def test_labels_of_the_file_count_until_a_photo_says_otherwise(
    tmp_path: Path, sample: Sample
) -> None:
    cloud = _cloud(tmp_path / "scan.xyz", sample, labels=np.full(len(sample.points), 3))
    folder = _photos(tmp_path / "photos", sample, has_depth=True)
    scene = load_scene(folder, LoadOptions(cloud=cloud, depth_unit=1.0))
    assert scene.labels is not None
    assert (_painted(scene, {}) == 3).all()
    mask = np.full(scene.frames[0].mask_shape, 5, dtype=np.uint16)
    labels = _painted(scene, {0: mask})
    assert set(np.unique(labels).tolist()) == {3, 5}
    assert any("with a label" in n for n in scene.notes)
    assert article_taxonomy().get(3).name == "roof"


@pytest.mark.parametrize("has_depth", [True, False])
def test_a_cloud_of_another_place_or_unit_is_said(
    tmp_path: Path, sample: Sample, has_depth: bool
) -> None:
    folder = _photos(tmp_path / "photos", sample, has_depth=has_depth)
    scan = _cloud(tmp_path / "scan.xyz", sample)
    options = LoadOptions(cloud=scan, depth_unit=1.0)
    assert not any("same coordinates" in n for n in load_scene(folder, options).notes)
    np.savetxt(tmp_path / "scan.xyz", sample.points + UTM + 5000)
    notes = " ".join(load_scene(folder, options).notes)
    assert "show none of the points" in notes
    centre = sample.points.mean(axis=0)
    pose = np.eye(4)
    pose[:3] = sample.extrinsics[0]
    halfway = (centre + inverse(pose)[:3, 3]) / 2
    np.savetxt(tmp_path / "scan.xyz", (sample.points - centre) * 0.01 + halfway + UTM)
    assert ("same coordinates" in " ".join(load_scene(folder, options).notes)) == has_depth


def test_an_estimators_file_without_depth_shows_the_scanners_points(
    tmp_path: Path, sample: Sample
) -> None:
    cloud = _cloud(tmp_path / "scan.xyz", sample)
    extrinsics = np.array(sample.extrinsics, dtype=np.float64)
    extrinsics[:, :3, 3] -= extrinsics[:, :3, :3] @ UTM
    arrays = {
        "intrinsics": sample.intrinsics,
        "extrinsics": extrinsics,
        "images": np.array(sample.photos),
    }
    np.savez(tmp_path / "scene.npz", **arrays)
    with pytest.raises(FormatError, match="'depth'"):
        load_scene(tmp_path / "scene.npz")
    scene = load_scene(tmp_path / "scene.npz", LoadOptions(cloud=cloud))
    assert all(frame.depth is None for frame in scene.frames)
    mask = np.full(scene.frames[0].mask_shape, 5, dtype=np.uint16)
    assert (_painted(scene, {0: mask}) == 5).mean() > 0.08


def test_a_cloud_without_colours_takes_those_of_the_photos_that_see_it(
    tmp_path: Path, sample: Sample
) -> None:
    far = np.array([[0.0, 0.0, 50.0]])
    np.savetxt(tmp_path / "scan.xyz", np.concatenate([sample.points, far]) + UTM, fmt="%.4f")
    folder = _photos(tmp_path / "photos", sample, has_depth=True)
    scene = load_scene(folder, LoadOptions(cloud=tmp_path / "scan.xyz", depth_unit=1.0))
    difference = np.abs(scene.cloud.rgb[:-1].astype(int) - sample.colors.astype(int)).max(axis=1)
    assert np.median(difference) < 12
    assert (scene.cloud.rgb[-1] == scene.cloud.rgb[-1, 0]).all()
    assert any("take theirs from the photos that see them" in note for note in scene.notes)
