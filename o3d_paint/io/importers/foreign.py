"""Captures of other programs that are known but not read, and the way in.

A Polycam folder holds pictures and depths like any RGB-D folder, and a Record3D file is an archive
like any NPZ: what they are is said before an importer looks for poses or arrays in vain.

Sources: nerfstudio's documentation ("Using custom data") for ns-process-data.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.files import open_file, read_file

__all__ = ["way_in"]

_LOOKED_AT = 200
_HEAD = 4096
_MESH_SUFFIXES = (".glb", ".gltf", ".obj", ".fbx", ".stl", ".usdz", ".usd", ".dae")


def way_in(path: Path) -> str | None:
    """Return what a file or folder is that the program knows but does not read, and what to do.

    Args:
        path: It exists.

    Returns:
        The rest of a sentence that starts with the name; None where it is none of these.
    """
    return next((text for found in _KNOWN if (text := found(path)) is not None), None)


def _project(path: Path) -> str | None:
    is_database = _start(path / "project.sqlite").startswith(b"SQLite format 3")
    noted = "" if is_database else _noted_scene(path / "project.json")
    if noted is None:
        return None
    scene = f" ({noted})" if noted else ""
    return (
        f"a project of this program and not a scene: give its scene{scene}, and the project with"
        " --project; stats, export, masks, eval, review and render take the project itself"
    )


def _noted_scene(document: Path) -> str | None:
    """Return the scene that a project notes, "" where it notes none; None of anything else."""
    is_named_so = document.parent.suffix.lower() == ".o3dpaint"
    try:
        value = json.loads(read_file(document))
        noted = value["scene"]["path"]
        is_project = {"format", "photos", "classes"} <= value.keys()
    except (OSError, PaintError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "" if is_named_so and document.is_file() else None
    if not is_project:
        return None
    return noted if isinstance(noted, str) else ""


def _polycam(path: Path) -> str | None:
    names = _archive_names(path)
    if not any("keyframes/" in n and "cameras/" in n and n.endswith(".json") for n in names):
        return None
    return "a raw export of Polycam, zipped: unpack it and give the folder"


def _metashape(path: Path) -> str | None:
    if path.suffix.lower() not in (".psx", ".psz"):
        return None
    return (
        "a project of Metashape, which is not read: export the cameras as XML (File > Export >"
        " Export Cameras) and give that file"
    )


def _mesh(path: Path) -> str | None:
    if not path.is_file() or path.suffix.lower() not in _MESH_SUFFIXES:
        return None
    return (
        "a mesh without photos: give the scene of the photos; points sampled from the mesh (PLY)"
        " go with it as --cloud"
    )


def _archive(path: Path) -> str | None:
    names = _archive_names(path)
    if not names or any(n.endswith(".npy") for n in names):
        return None
    return "an archive without arrays, so it is no NPZ: unpack it and give the folder"


_KNOWN: tuple[Callable[[Path], str | None], ...] = (
    _project,
    _polycam,
    _metashape,
    _mesh,
    _archive,
)
"""Ways to recognise them, the most telling first."""


def _archive_names(path: Path) -> list[str]:
    """Return the names in a ZIP archive; none where it is none."""
    try:
        if not path.is_file() or not zipfile.is_zipfile(path):
            return []
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (OSError, FormatError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def _start(path: Path) -> bytes:
    """Return the first bytes of a file; none where it cannot be read."""
    try:
        if not path.is_file():
            return b""
        with open_file(path) as file:
            return file.read(_HEAD)
    except (OSError, FormatError):
        return b""
