"""Folders of projects, which nothing but the project itself writes into."""

from __future__ import annotations

import os
from pathlib import Path

from o3d_paint.errors import StorageError

__all__ = ["refuse_inside_project"]

_SUFFIX = ".o3dpaint"
_OWN_FOLDERS = ("masks", "journal", "states")


def refuse_inside_project(path: Path | str) -> None:
    """Refuse a file or folder to write to that is a project or lies within one, by whatever links.

    A report that takes the name of a mask or of the table of contents would take the paint with it.

    Raises:
        StorageError: It does.
    """
    named, real = Path(os.path.abspath(path)), Path(os.path.realpath(path))
    for place in dict.fromkeys([named, *named.parents, real, *real.parents]):
        if _is_project(place):
            msg = f"{path} belongs to the project {place}: choose a place outside of it"
            raise StorageError(msg)


def _is_project(folder: Path) -> bool:
    """Return whether a folder is a project, also where its database is lost."""
    if folder.suffix.lower() == _SUFFIX:
        return folder.is_dir()
    if (folder / "project.sqlite").exists():
        return True
    has_table = (folder / "project.json").exists()
    return has_table and any((folder / name).is_dir() for name in _OWN_FOLDERS)
