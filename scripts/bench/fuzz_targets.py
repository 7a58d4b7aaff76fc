"""Every parser of the program's own with sound files of its format, to be damaged one at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bench import fuzz_seeds as seeds
from o3d_paint.core.scene import Scene
from o3d_paint.io.capture import ImportOptions
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.importers import read_capture
from o3d_paint.io.importers.colmap import read_depth_map
from o3d_paint.io.importers.pose_files import read_intrinsics, read_matrix, read_poses
from o3d_paint.io.mask_formats.cvat import parse_label_map
from o3d_paint.io.mask_formats.registry import read_masks
from o3d_paint.io.mask_formats.rle import counts_from_text, mask_from_counts
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
_SHAPE = (24, 32)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test.

    Attributes:
        make: Writes a sound case into an empty folder and returns the files that are damaged.
        read: Reads the case, given its folder and the file that is damaged.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path, Path], object]


def _scene(format_name: str, *, at_file: bool = True) -> Callable[[Path, Path], object]:
    def read(root: Path, file: Path) -> object:
        options = ImportOptions(memory_limit=MEMORY)
        capture = read_capture(file if at_file else root, options, format_name=format_name)
        return [f.photo.pixels() for f in capture.frames[:_MASKS]]

    return read


def _whole_scene(root: Path, file: Path) -> object:
    """Reads a scene with all that is measured about it."""
    return load_scene(root if file.suffix == ".txt" else file, _LIMITED)


def _every_scene(root: Path) -> list[Path]:
    archives = (seeds.estimator, seeds.pi3, seeds.own_scene)
    return [*(f for make in archives for f in make(root)), *seeds.colmap_text(root)]


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
        return mask_from_counts(counts_from_text(file.read_bytes()), _SHAPE)
    except ValueError as error:
        return error


@cache
def _small_scene() -> Scene:
    with tempfile.TemporaryDirectory() as folder:
        return load_scene(seeds.estimator(Path(folder))[0], LoadOptions(memory_limit=MEMORY))


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
    "label-map": Target(
        seeds.label_map,
        lambda root, file: parse_label_map(file.read_text("utf-8", "replace"), "labelmap.txt"),
    ),
    "run-lengths": Target(seeds.run_lengths, _run_lengths),
    "strokes": Target(seeds.strokes, lambda root, file: read_strokes(file)),
    "taxonomy": Target(seeds.taxonomy, lambda root, file: read_taxonomy(file)),
    "ply": Target(seeds.ply, lambda root, file: read_cloud(file)),
    "pcd": Target(seeds.pcd, lambda root, file: read_cloud(file)),
    "text-cloud": Target(seeds.text_cloud, lambda root, file: read_cloud(file)),
    "cloud-npz": Target(seeds.cloud_npz, lambda root, file: read_cloud(file)),
    "colmap-binary": Target(seeds.colmap_binary, _scene("colmap", at_file=False)),
    "colmap-text": Target(seeds.colmap_text, _scene("colmap", at_file=False)),
    "colmap-depth": Target(seeds.colmap_depth, lambda root, file: read_depth_map(file)),
    "poses": Target(seeds.poses, _poses),
    "nerfstudio": Target(seeds.nerfstudio, _scene("nerfstudio", at_file=False)),
    "7scenes": Target(seeds.seven_scenes, _scene("7scenes", at_file=False)),
    "tum": Target(seeds.tum, _scene("tum", at_file=False)),
    "redwood": Target(seeds.redwood, _scene("redwood", at_file=False)),
    "replica": Target(seeds.replica, _scene("replica", at_file=False)),
    "hololens": Target(seeds.hololens, _scene("hololens", at_file=False)),
    "whole-scene": Target(_every_scene, _whole_scene),
    "project": Target(_write_project, _project),
}
"""By the name that the command line takes."""
