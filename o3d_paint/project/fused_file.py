"""The fused layer as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.fusion.result import Fusion
from o3d_paint.fusion.settings import FusionSettings, Method
from o3d_paint.io.npz import NpzArchive
from o3d_paint.io.store import replacing
from o3d_paint.project.fingerprint import fits_cloud

__all__ = ["read_fusion", "write_fusion"]

_KINDS = {
    "labels": np.uint16,
    "confidence": np.float32,
    "source": np.uint8,
    "votes": np.uint8,
    "known": np.uint16,
}
_KEYS = (*_KINDS, "cloud")
_HOW, _METHOD = "settings", "method"
# Files of earlier versions say the method alone.


def write_fusion(path: Path, fusion: Fusion, *, known: IdArray, cloud: str, number: int) -> None:
    """Write a fusion.

    Args:
        path: The file.
        fusion: For all points.
        known: (N,) painted labels that it was derived from.
        cloud: Fingerprint of the points.
        number: By which the project knows it.

    Raises:
        StorageError: It cannot be written.
    """
    with replacing(path) as file:
        np.savez(
            file,
            labels=fusion.labels,
            confidence=fusion.confidence,
            source=fusion.source,
            votes=fusion.votes,
            known=known,
            settings=np.array(json.dumps(fusion.settings.to_json())),
            model=np.array(fusion.model),
            cloud=np.array(cloud),
            number=np.array(number),
        )


def read_fusion(path: Path, scene: Scene) -> tuple[Fusion, IdArray, int] | None:
    """Return the fusion of `write_fusion`, the paint that it knew, and its number.

    None is returned for another cloud; the number is 0 where an earlier version wrote it.

    Raises:
        FormatError: The file is damaged.
    """
    try:
        with NpzArchive(path) as archive:
            archive.require_memory(k for k in _KEYS if k in archive.keys)
            arrays = {key: archive.read(key) for key in _KEYS}
            settings, model = _made_by(archive)
            number = archive.read("number") if "number" in archive.keys else np.array(0)
    except KeyError as error:
        msg = f"{path} has no {error}: fuse again"
        raise FormatError(msg) from error
    except SceneError as error:
        raise FormatError(str(error)) from error
    if not fits_cloud(str(arrays["cloud"]), scene):
        return None
    for key, kind in _KINDS.items():
        if arrays[key].shape != (len(scene.cloud),) or arrays[key].dtype != kind:
            msg = f"{path}: {key!r} is {arrays[key].dtype} {arrays[key].shape}: fuse again"
            raise FormatError(msg)
    fusion = Fusion(
        labels=arrays["labels"].astype(np.uint16, copy=False),
        confidence=arrays["confidence"].astype(np.float32, copy=False),
        source=arrays["source"].astype(np.uint8, copy=False),
        votes=arrays["votes"].astype(np.uint8, copy=False),
        settings=settings,
        model=model,
    )
    is_number = number.shape == () and number.dtype.kind in "iu"
    return fusion, arrays["known"].astype(np.uint16, copy=False), int(number) if is_number else 0


def _made_by(archive: NpzArchive) -> tuple[FusionSettings, int]:
    """Return how a fusion was made, and by which model: 0 before models had numbers.

    Then everything was labelled, however unsure, or what was unsure was left out of the file.
    """
    values: dict[str, Any] = {"min_confidence": 0.0}
    if _HOW not in archive.keys:
        method = str(archive.read(_METHOD))
        if method in get_args(Method):
            values["method"] = method
        return FusionSettings(**values), 0
    try:
        values = json.loads(str(archive.read(_HOW)))
        return FusionSettings.from_json(values), int(archive.read("model"))
    except (OverflowError, RecursionError, TypeError, ValueError) as error:
        msg = f"{archive.path} does not say how it was fused ({error}): fuse again"
        raise FormatError(msg) from error
