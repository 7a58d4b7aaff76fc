"""The sample scene on disk: the layout of the published kit, with the truth beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from o3d_paint.folders import cache_folder
from o3d_paint.io.sample.generate import generate_sample
from o3d_paint.io.sample.options import CLASS_NAMES, Sample
from o3d_paint.io.store import make_folder, replacing

_SCENE, _TRUTH = "scene.npz", "truth.npz"


def write_sample(sample: Sample, folder: Path | str) -> Path:
    """Writes ``scene.npz`` (the kit's ``reconstruction_data.npz``) and ``truth.npz``.

    Both are uncompressed: they are made in a second and read at once.

    Args:
        sample: What to write.
        folder: Where to; it is made when missing.

    Returns:
        The path of ``scene.npz``.

    Raises:
        StorageError: The folder cannot be written to.
    """
    place = make_folder(folder)
    with replacing(place / _TRUTH) as file:
        np.savez(
            file,
            truth_pixels=sample.truth_pixels,
            truth_points=sample.truth_points,
            pixel_of_point=sample.pixel_of_point,
            true_depth=sample.true_depth,
            class_ids=np.array(list(CLASS_NAMES), dtype=np.uint8),
            class_names=np.array(list(CLASS_NAMES.values())),
        )
    with replacing(place / _SCENE) as file:
        np.savez(
            file,
            points_3d=sample.points,
            colors_3d=sample.colors.astype(np.float32) / np.float32(255),
            depth=sample.depth,
            conf=sample.confidence,
            intrinsics=sample.intrinsics,
            extrinsics=sample.extrinsics,
            processed_images=sample.photos,
        )
    return place / _SCENE


def sample_scene_path(cache_dir: Path | str | None = None) -> Path:
    """Returns the path of the default sample scene, made on the first call.

    The folder's name changes with the code that makes it, so an update never shows an old
    scene. The scene is made beside its place and moved there whole; when two programs make it
    at once, one of them wins and both get the same bytes.

    Args:
        cache_dir: Where to keep it; the user's cache folder by default.

    Raises:
        StorageError: The cache folder cannot be written to.
    """
    cache = Path(cache_dir) if cache_dir is not None else cache_folder()
    folder = cache / f"sample-{_edition()}"
    if (folder / _SCENE).is_file():
        return folder / _SCENE
    make_folder(cache)
    beside = Path(tempfile.mkdtemp(prefix=".sample-", dir=cache))
    try:
        write_sample(generate_sample(), beside)
        with suppress(OSError):
            os.rename(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    if not (folder / _SCENE).is_file():
        return write_sample(generate_sample(), folder)
    return folder / _SCENE


def _edition() -> str:
    """Returns eight letters that stand for the code that makes the scene."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in ("painter.py", "hand.py"):
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:8]
