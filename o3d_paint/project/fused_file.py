"""The fused layer as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.fusion.fuse import Fusion
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
_KEYS = (*_KINDS, "method", "cloud")


def write_fusion(path: Path, fusion: Fusion, *, known: IdArray, cloud: str) -> None:
    """Write a fusion.

    Args:
        path: The file.
        fusion: For all points.
        known: (N,) painted labels that it was derived from.
        cloud: Fingerprint of the points.

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
            method=np.array(fusion.method),
            cloud=np.array(cloud),
        )


def read_fusion(path: Path, scene: Scene) -> tuple[Fusion, IdArray] | None:
    """Return the fusion of `write_fusion` and the paint that it knew; None for another cloud.

    Raises:
        FormatError: The file is damaged.
    """
    try:
        with NpzArchive(path) as archive:
            archive.require_memory(k for k in _KEYS if k in archive.keys)
            arrays = {key: archive.read(key) for key in _KEYS}
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
        method=str(arrays["method"]),
        seconds={},
    )
    return fusion, arrays["known"].astype(np.uint16, copy=False)
