"""Every parser of the program's own with sound files of its format, to be damaged one at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np

from bench import fuzz_clouds as clouds
from bench import fuzz_folders as folders
from bench import fuzz_seeds as seeds
from bench.fuzz_parts import H, W
from o3d_paint.core.scene import Scene
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.clouds import e57, las
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.importers import colmap, read_capture
from o3d_paint.io.importers.colmap import read_depth_map
from o3d_paint.io.importers.colmap_files import read_model
from o3d_paint.io.importers.pose_files import read_intrinsics, read_matrix, read_poses
from o3d_paint.io.isolated import read_guarded
from o3d_paint.io.label_map import parse_label_map
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.mask_formats.rle import checked_counts, counts_from_text
from o3d_paint.io.npz import read_npy
from o3d_paint.io.scene import LoadOptions, load_scene
from o3d_paint.io.strokes import read_strokes
from o3d_paint.io.taxonomy_file import read_taxonomy
from o3d_paint.project.reading import read_project
from o3d_paint.project.session import open_session

__all__ = ["TARGETS", "Target"]

MEMORY = 1 << 30
"""Bytes that an input may declare."""

_MASKS = 8
_LIMITED = LoadOptions(memory_limit=MEMORY)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test.

    Attributes:
        make: Writes a sound case into an empty folder and returns the files that are damaged.
        read: Reads the case, given its folder and the file that is damaged.
        mend: Makes the sums of damaged bytes fit again, so that most are read to the end.
        may_crash: A crash is that of a foreign library, which the program runs in a child.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path, Path], object]
    mend: Callable[[bytes], bytes] = bytes
    may_crash: bool = False


def _own_reader_of_colmap() -> AbstractContextManager[object]:
    """Makes COLMAP's models be read without pycolmap, which would start a child for each."""
    return mock.patch.object(colmap, "read_by_any", lambda folder: (read_model(folder), ""))


def _scene(format_name: str, *, at_file: bool = True) -> Callable[[Path, Path], object]:
    def read(root: Path, file: Path) -> object:
        options = ImportOptions(memory_limit=MEMORY)
        with _own_reader_of_colmap():
            capture = read_capture(file if at_file else root, options, format_name=format_name)
        return [f.photo.pixels() for f in capture.frames[:_MASKS]]

    return read


def _posed_rgbd(root: Path, file: Path) -> object:
    """Reads a folder of an unknown kind; told how, since noise agrees with itself in no way."""
    options = ImportOptions(
        convention="c2w", axes="cv", depth_unit=0.001, memory_limit=MEMORY
    )  # fmt: skip
    return read_capture(root, options, format_name="rgbd")


def _whole_scene(root: Path, file: Path) -> object:
    """Reads a scene with all that is measured about it."""
    with _own_reader_of_colmap():
        return load_scene(root if file.suffix == ".txt" else file, _LIMITED)


def _every_scene(root: Path) -> list[Path]:
    archives = (seeds.estimator, seeds.pi3, seeds.own_scene)
    return [*(f for make in archives for f in make(root)), *folders.colmap_text(root)]


def _masks(root: Path, file: Path) -> object:
    return [m.read() for m in read_masks(file).masks[:_MASKS]]


def _mask_folder(root: Path, file: Path) -> object:
    return [m.read() for m in read_masks(root).masks[:_MASKS]]


def _poses(root: Path, file: Path) -> object:
    reader = {"K.txt": read_intrinsics, "pose.txt": read_matrix}.get(file.name, read_poses)
    return reader(file)


def _run_lengths(root: Path, file: Path) -> object:
    """A wrong call raises ValueError here; the formats around it turn that into a sentence."""
    try:
        return checked_counts(counts_from_text(file.read_bytes()), (H, W))
    except ValueError as error:
        return error


def _foreign_cloud(root: Path, file: Path) -> object:
    """Reads in this process what the program reads in a child, which would have to start anew."""
    with (
        mock.patch.object(las, "read_isolated", read_guarded),
        mock.patch.object(e57, "read_isolated", read_guarded),
    ):
        return read_cloud(file)


@cache
def _small_scene() -> Scene:
    """Returns a scene of narrow photos: masks have 1080 lines, so width alone makes them cheap."""
    with tempfile.TemporaryDirectory() as folder:
        return load_scene(seeds.narrow(Path(folder)), LoadOptions(memory_limit=MEMORY))


def _write_project(root: Path) -> list[Path]:
    """Writes a project with paint, a fused layer, labels on points, and a journal."""
    scene = _small_scene()
    session = open_session(scene, root / "a.o3dpaint", classes=["roof", "wall"])
    project = session.project
    for i, frame in enumerate(scene.frames):
        project.set_mask(i, np.ones(frame.mask_shape, np.uint16) * (i + 1))
    project.fuse()
    session.save(wait=True)
    mask = np.zeros(scene.frames[0].mask_shape, np.uint16)
    mask[:50] = 2
    project.set_mask(0, mask)
    session.abandon()
    files = [p for p in (root / "a.o3dpaint").rglob("*") if p.is_file()]
    return sorted(p for p in files if "states" not in p.parts and p.stat().st_size)


def _project(root: Path, file: Path) -> object:
    return read_project(root / "a.o3dpaint", _small_scene())


TARGETS: dict[str, Target] = {
    "estimator-npz": Target(seeds.estimator, _scene("estimator")),
    "pi3-npz": Target(seeds.pi3, _scene("pi3")),
    "own-npz": Target(seeds.own_scene, _scene("estimator")),
    "da3-streaming": Target(seeds.streaming, _scene("da3-streaming", at_file=False)),
    "npy": Target(seeds.npy, lambda root, file: read_npy(file, limit=MEMORY)),
    "mask-stacks": Target(seeds.stacks, _masks),
    "mask-pictures": Target(seeds.pictures, _mask_folder),
    "coco": Target(seeds.coco, _masks),
    "sam": Target(seeds.sam, _masks),
    "grounded-sam": Target(seeds.grounded_sam, _masks),
    "labelme": Target(seeds.labelme, _masks),
    "cvat-zip": Target(seeds.cvat, _masks),
    "label-studio": Target(seeds.label_studio, _mask_folder),
    "label-map": Target(
        seeds.label_map,
        lambda root, file: parse_label_map(file.read_text("utf-8", "replace"), "labelmap.txt"),
    ),
    "run-lengths": Target(seeds.run_lengths, _run_lengths),
    "strokes": Target(seeds.strokes, lambda root, file: read_strokes(file)),
    "taxonomy": Target(seeds.taxonomy, lambda root, file: read_taxonomy(file)),
    "ply": Target(clouds.ply, lambda root, file: read_cloud(file)),
    "pcd": Target(clouds.pcd, lambda root, file: read_cloud(file)),
    "text-cloud": Target(clouds.text_cloud, lambda root, file: read_cloud(file)),
    "cloud-npz": Target(clouds.cloud_npz, lambda root, file: read_cloud(file)),
    "las": Target(clouds.las, _foreign_cloud, may_crash=True),
    "e57": Target(clouds.e57, _foreign_cloud, clouds.e57_pages, may_crash=True),
    "colmap-binary": Target(folders.colmap_binary, _scene("colmap", at_file=False)),
    "colmap-text": Target(folders.colmap_text, _scene("colmap", at_file=False)),
    "colmap-depth": Target(folders.colmap_depth, lambda root, file: read_depth_map(file)),
    "poses": Target(folders.poses, _poses),
    "nerfstudio": Target(folders.nerfstudio, _scene("nerfstudio", at_file=False)),
    "7scenes": Target(folders.seven_scenes, _scene("7scenes", at_file=False)),
    "tum": Target(folders.tum, _scene("tum", at_file=False)),
    "redwood": Target(folders.redwood, _scene("redwood", at_file=False)),
    "replica": Target(folders.replica, _scene("replica", at_file=False)),
    "hololens": Target(folders.hololens, _scene("hololens", at_file=False)),
    "scannet": Target(folders.scannet, _scene("scannet", at_file=False)),
    "rgbd": Target(folders.posed_rgbd, _posed_rgbd),
    "whole-scene": Target(_every_scene, _whole_scene),
    "project": Target(_write_project, _project),
}
"""By the name that the command line takes."""
