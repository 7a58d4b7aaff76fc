"""COLMAP's models, read by pycolmap where it is installed, else by the program's own reader.

pycolmap runs in a process of its own. What it refuses or crashes on is tried with the own reader,
which takes more than COLMAP writes (no points3D file, points seen in photos that do not list them)
and tells a damaged file in words. Both give the same: pycolmap takes poses from rigs and frames
where they are, which a tool that edits images may have left as they were, and cuts photo names in
text files at the first blank; where it finds other photos than images holds, it is not believed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.files import require_file
from o3d_paint.io.importers.colmap_files import read_images, read_model
from o3d_paint.io.importers.colmap_model import Image, Intrinsics, Model, assembled, suffix_of
from o3d_paint.io.isolated import read_isolated
from o3d_paint.io.pycolmap_model import PARTS, read_limited

__all__ = ["model_from_arrays", "read_by_any"]

Arrays = Mapping[str, npt.NDArray[np.generic]]

_CLOSE = 1e-6


def read_by_any(folder: Path) -> tuple[Model, str]:
    """Return the model in a folder, and a sentence about who read it.

    Raises:
        FormatError: A file is missing, cut off or malformed.
        SceneError: It would not fit into memory.
    """
    for part in PARTS:
        file = folder / f"{part}{suffix_of(folder)}"
        if file.exists():
            require_file(file)
    if importlib.util.find_spec("pycolmap") is None:
        return read_model(folder), "Read without pycolmap, which is not installed."
    try:
        arrays = read_isolated(partial(read_limited, suffix_of(folder)), folder)
        model = model_from_arrays(folder, arrays)
        _require_same_photos(model, read_images(folder))
    except PaintError as error:
        # Where the own reader refuses as well, its sentence is the one that is told.
        model = read_model(folder)
        return model, f"Read without pycolmap, which failed: {error}."
    return model, f"Read by pycolmap {_texts(arrays['version'])[0]}."


def model_from_arrays(folder: Path, arrays: Arrays) -> Model:
    """Return the model that arrays of `o3d_paint.io.pycolmap_model` hold.

    Raises:
        FormatError: An image is of a camera that is not there.
    """
    ends = np.cumsum(arrays["camera_counts"])[:-1]
    cameras = {
        int(camera_id): Intrinsics(model, int(width), int(height), tuple(parameters.tolist()))
        for camera_id, model, (width, height), parameters in zip(
            arrays["camera_ids"],
            _texts(arrays["camera_models"]),
            arrays["camera_sizes"],
            np.split(arrays["camera_parameters"], ends),
            strict=True,
        )
    }
    images = [
        Image(name, int(camera_id), (w, x, y, z), (tx, ty, tz))
        for name, camera_id, (w, x, y, z, tx, ty, tz) in zip(
            _texts(arrays["image_names"]),
            arrays["image_cameras"],
            arrays["image_poses"].tolist(),
            strict=True,
        )
    ]
    xyz, rgb = arrays["xyz"].astype(np.float64), arrays["rgb"].astype(np.uint8)
    return assembled(folder, cameras, images, (xyz, rgb))


def _require_same_photos(model: Model, images: Sequence[Image]) -> None:
    """Refuse a model with other photos or poses than its images file has."""
    path = model.folder / f"images{suffix_of(model.folder)}"
    expected = sorted(images, key=lambda i: i.name)
    names = {image.name for image in model.images}
    lost = [i.name for i in expected if i.name not in names]
    if lost or len(expected) != len(model.images):
        name = f" such as {lost[0][:80]!r}" if lost else ""
        msg = f"it leaves out photos of {path} or cuts their names short{name}"
        raise FormatError(msg)
    same = _is_same_pose(_poses(expected), _poses(model.images))
    if not same.all():
        name = expected[int(np.argmin(same))].name[:80]
        msg = f"the rigs and frames beside {path} say another pose of {name!r}"
        raise FormatError(msg)


def _poses(images: Sequence[Image]) -> FloatArray:
    return np.array([(*i.quaternion, *i.translation) for i in images]).reshape(-1, 7)


def _is_same_pose(one: FloatArray, other: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (F,) whether quaternions, of either sign, and translations are alike."""
    negated = other * np.repeat([-1, 1], [4, 3])
    alike = [np.isclose(one, o, rtol=_CLOSE, atol=_CLOSE).all(axis=1) for o in (other, negated)]
    return np.asarray(alike[0] | alike[1])


def _texts(encoded: npt.NDArray[np.generic]) -> list[str]:
    return encoded.tobytes().decode().split("\0")[:-1]
