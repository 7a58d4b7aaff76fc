"""What people give in place of a scene, and what they should do instead."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.io.clouds import e57, las, pcd, ply
from o3d_paint.io.files import open_file
from o3d_paint.io.images import PHOTO_SUFFIXES

__all__ = ["remedy"]

_VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")
_LOOKED_AT = 200
_LONGEST_MARK = 16
_ESTIMATE = (
    "run a depth estimator such as Depth-Anything-3 on the photos, or COLMAP, and give what it"
    " writes (scene.npz, or COLMAP's folder)"
)


def remedy(path: Path) -> str | None:
    """Return what a file or folder is that no importer takes, and what to give in its place.

    Args:
        path: It exists.

    Returns:
        The rest of a sentence that starts with the name; None where nothing better is known.
    """
    suffix = path.suffix.lower()
    if path.is_file() and _is_cloud(path):
        return f"a point cloud without photos: give the scene of the photos, and --cloud {path}"
    if path.is_file() and suffix in _VIDEO_SUFFIXES:
        return f"a video: {_ESTIMATE}"
    if path.is_file() and suffix in PHOTO_SUFFIXES:
        return f"a photo alone: {_ESTIMATE}"
    if path.is_dir() and _holds_photos(path):
        return f"a folder of photos without cameras: {_ESTIMATE}"
    return None


def _is_cloud(path: Path) -> bool:
    """Return whether a file has the mark of a format that holds nothing but a cloud."""
    with open_file(path) as opened:
        start = opened.read(_LONGEST_MARK)
    return any(cloud_format.matches(start) for cloud_format in (ply, pcd, las, e57))


def _holds_photos(folder: Path) -> bool:
    """Return whether a folder's files are photos, nearly all of them."""
    try:
        files = [f for f in sorted(folder.iterdir())[:_LOOKED_AT] if not f.name.startswith(".")]
    except OSError:
        return False
    photos = sum(f.suffix.lower() in PHOTO_SUFFIXES for f in files)
    return photos > 0.8 * len(files)
