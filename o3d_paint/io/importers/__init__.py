"""Every way to read a scene, as one table. Files are told apart by what is in them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.capture import Capture, Importer, ImportOptions
from o3d_paint.io.importers import colmap, estimator, nerfstudio, pi3
from o3d_paint.io.importers.plugged import plugin_importers
from o3d_paint.io.importers.rgbd import RGBD_IMPORTERS

__all__ = ["IMPORTERS", "importers", "read_capture"]

IMPORTERS: dict[str, Importer] = {
    "pi3": Importer("point map and poses of Pi3 (predictions.npz)", pi3.recognizes, pi3.read),
    "estimator": Importer(
        "NPZ of a depth estimator (reconstruction_data, Depth-Anything-3 npz and mini_npz)",
        estimator.recognizes,
        estimator.read,
    ),
    "colmap": Importer("COLMAP workspace, sparse or dense", colmap.recognizes, colmap.read),
    "nerfstudio": Importer("nerfstudio transforms.json", nerfstudio.recognizes, nerfstudio.read),
    **RGBD_IMPORTERS,
}
"""By the name that forces it; the first that recognises a file reads it."""


@cache
def importers() -> dict[str, Importer]:
    """Return the table together with what other installed packages add."""
    return {**IMPORTERS, **plugin_importers(IMPORTERS)}


def read_capture(path: Path, options: ImportOptions, *, format_name: str | None = None) -> Capture:
    """Read a scene's parts with the importer that recognises it.

    Args:
        path: File or folder.
        options: What the user said.
        format_name: Forces an importer by its name in `importers`.

    Raises:
        FormatError: Nothing recognises it, or it is broken.
        SceneError: Its parts do not fit together.
    """
    if not path.exists():
        msg = f"there is no file {path}: check the name"
        raise FormatError(msg)
    if format_name is not None:
        if format_name not in importers():
            msg = f"there is no format {format_name!r}: choose one of {', '.join(importers())}"
            raise FormatError(msg)
        return importers()[format_name].read(path, options)
    for importer in importers().values():
        if importer.recognizes(path):
            return importer.read(path, options)
    titles = "; ".join(i.title for i in importers().values())
    msg = f"{path} is not a scene that can be read ({_described(path)}): expected {titles}"
    raise FormatError(msg)


def _described(path: Path) -> str:
    """Return what a file looks like, for a message."""
    if path.is_dir():
        return "it is a folder"
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        return error.strerror or "it cannot be opened"
    return f"it starts with {start!r}, not with a zip archive's b'PK'" if start else "it is empty"
