"""The file of a cloud, whose fields exports of the same format keep."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from o3d_paint.core.scene import CloudOrigin
from o3d_paint.errors import StorageError
from o3d_paint.io.clouds.cloud_file import CloudFile

__all__ = ["ENDINGS", "endings_for", "listed", "origin_of", "require_unchanged", "told_of_others"]

ENDINGS = {
    "las": (".las", ".laz"),
    "ply": (".ply",),
    "pcd": (".pcd",),
    "e57": (".e57",),
    "text": (".csv", ".xyz"),
}
"""Endings of exports that keep what a file of a format holds, by `CloudFile.kind`."""

# Texts differ in what separates their values, which their ending says.
_BY_ENDING = ("text",)
_SHOWN = 12


def origin_of(path: Path, cloud: CloudFile) -> CloudOrigin:
    """Return what an export must know to read a cloud's file again."""
    return CloudOrigin(
        path=os.path.abspath(path),
        kind=cloud.kind,
        count=len(cloud.xyz),
        stamp=_stamp(path),
        columns=cloud.columns,
        label_column=cloud.label_column,
        others=cloud.others,
    )


def endings_for(kind: str, path: Path) -> tuple[str, ...]:
    """Return the endings of exports that keep what a cloud's file holds; none where none does.

    Args:
        kind: Its format.
        path: Its name.
    """
    endings = ENDINGS.get(kind, ())
    return tuple(e for e in endings if kind not in _BY_ENDING or e == path.suffix.lower())


def told_of_others(cloud: CloudFile, path: Path) -> list[str]:
    """Return a sentence about what a cloud's file holds besides, and which exports keep it."""
    if not cloud.others:
        return []
    endings = endings_for(cloud.kind, path)
    where = "not kept in exports" if not endings else f"kept in {' and '.join(endings)} only"
    return [f"What else it holds is {where}: {listed(cloud.others)}."]


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first dozen of many."""
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def require_unchanged(origin: CloudOrigin) -> Path:
    """Return the path of a cloud's file, which is still the one that was read.

    Raises:
        StorageError: It is gone, or has changed.
    """
    path = Path(origin.path)
    try:
        stamp = _stamp(path)
    except OSError as error:
        msg = f"{path} is needed again, for what else it holds, and cannot be read: put it back"
        raise StorageError(msg) from error
    if stamp != origin.stamp:
        msg = f"{path} has changed since it was read: open the scene again"
        raise StorageError(msg)
    return path


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
