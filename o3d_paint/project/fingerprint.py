"""Checksums by which a project knows its scene again."""

from __future__ import annotations

import hashlib

import numpy as np

from o3d_paint.core.scene import Photo, PointCloud
from o3d_paint.errors import PaintError
from o3d_paint.io.images import FilePhoto

__all__ = ["cloud_checksum", "photo_checksum"]

_SAMPLE = 200_000


def cloud_checksum(cloud: PointCloud) -> str:
    """Return a checksum of the number, order and coordinates of the points.

    Large clouds are hashed by every k-th point and by the sum over all, in a few milliseconds.
    """
    step = max(1, len(cloud) // _SAMPLE)
    digest = hashlib.blake2b(f"{len(cloud)}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(cloud.xyz[::step]).tobytes())
    digest.update(np.asarray(cloud.xyz).sum(axis=0).astype(np.float32).tobytes())
    return digest.hexdigest()


def photo_checksum(photo: Photo) -> str:
    """Return a checksum of what a photo shows: of its file where it has one, else of its pixels.

    An unreadable file gives an empty checksum, which is known to be unknown.
    """
    digest = hashlib.blake2b(f"{photo.height}x{photo.width}".encode(), digest_size=16)
    if isinstance(photo, FilePhoto):
        try:
            with photo.path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError:
            return ""
        return digest.hexdigest()
    try:
        digest.update(np.ascontiguousarray(photo.pixels()).tobytes())
    except PaintError:
        return ""
    return digest.hexdigest()
