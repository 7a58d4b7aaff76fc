"""The fused layer as a file."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.fuse import Fusion
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError
from o3d_paint.io.store import replacing
from o3d_paint.project.fingerprint import fits_cloud

__all__ = ["read_fusion", "write_fusion"]


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
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if not fits_cloud(str(arrays["cloud"]), scene):
                return None
            fusion = Fusion(
                labels=arrays["labels"],
                confidence=arrays["confidence"],
                source=arrays["source"],
                votes=arrays["votes"],
                method=str(arrays["method"]),
                seconds={},
            )
            return fusion, arrays["known"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"{path} cannot be read ({error}): fuse again"
        raise FormatError(msg) from error
