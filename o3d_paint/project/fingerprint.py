"""Marks by which a project knows its scene again."""

from __future__ import annotations

import base64
import binascii
import hashlib

import numpy as np
import numpy.typing as npt

from o3d_paint.core.scene import Photo, PointCloud, Scene
from o3d_paint.errors import PaintError
from o3d_paint.io.files import open_file
from o3d_paint.io.images import FilePhoto

__all__ = ["cloud_fingerprint", "fits_cloud", "photo_checksum"]

_SAMPLE = 96
_SPACINGS = 1e-3
_RELATIVE = 1e-9


def cloud_fingerprint(cloud: PointCloud) -> str:
    """Return number and some coordinates of the points, evenly spread over their order.

    Not a checksum: points made from depths differ in their last bits between two machines.
    """
    sample = np.ascontiguousarray(cloud.xyz[_positions(len(cloud))], dtype="<f8")
    return f"{len(cloud)}:{base64.b64encode(sample.tobytes()).decode('ascii')}"


def fits_cloud(fingerprint: str, scene: Scene) -> bool:
    """Return whether a fingerprint is that of a scene's points, in the same order."""
    count, _, encoded = fingerprint.partition(":")
    cloud = scene.cloud
    if count != str(len(cloud)):
        return False
    present = cloud.xyz[_positions(len(cloud))]
    try:
        known = np.frombuffer(base64.b64decode(encoded, validate=True), dtype="<f8")
    except (binascii.Error, ValueError):
        return False
    if known.size != present.size:
        return False
    largest = float(np.abs(present).max(initial=0))
    tolerance = _SPACINGS * scene.spacing + _RELATIVE * largest
    return bool(np.allclose(known.reshape(present.shape), present, rtol=0, atol=tolerance))


def _positions(count: int) -> npt.NDArray[np.int64]:
    """Return positions spread over ``count`` points, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, _SAMPLE)).round().astype(np.int64))


def photo_checksum(photo: Photo) -> str:
    """Return a checksum of what a photo shows: of its file where it has one, else of its pixels.

    An unreadable file gives an empty checksum, which is known to be unknown.
    """
    digest = hashlib.blake2b(f"{photo.height}x{photo.width}".encode(), digest_size=16)
    if isinstance(photo, FilePhoto):
        try:
            with open_file(photo.path) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except (OSError, PaintError):
            return ""
        return digest.hexdigest()
    try:
        digest.update(np.ascontiguousarray(photo.pixels()).tobytes())
    except PaintError:
        return ""
    return digest.hexdigest()
