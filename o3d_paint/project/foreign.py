"""What a project folder never holds by itself: links, pipes and devices.

The program makes plain files and folders only. Anything else came with the folder from somewhere
and would lead reading and writing out of it, so who opens a project to work on it moves such
entries out of the way first. The links themselves are moved; where they lead, nothing is touched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.files import is_link
from o3d_paint.project.layout import Layout

__all__ = ["is_foreign", "move_foreign_aside"]

_SHOWN = 3


def is_foreign(path: Path) -> bool:
    """Return whether an entry is a link or neither file nor folder; False where nothing is."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return is_link(path) or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def move_foreign_aside(layout: Layout) -> list[str]:
    """Move every foreign entry of a locked folder to ``aside``; returns what to tell the user.

    Raises:
        StorageError: One cannot be moved.
    """
    found = list(_foreign_within(layout.root))
    if not found:
        return []
    try:
        if is_foreign(layout.aside):
            # Nowhere to move it to: only the link goes.
            layout.aside.unlink()
        for path in found:
            if path != layout.aside:
                layout.set_aside(path)
    except OSError as error:
        raise unwritable(layout.root, error) from error
    names = ", ".join(str(p.relative_to(layout.root)) for p in found[:_SHOWN])
    what, leads = "is a link or device, which no project has: it was", "it leads"
    if len(found) > 1:
        names += " …" if len(found) > _SHOWN else ""
        what, leads = "are links or devices, which no project has: they were", "they lead"
    return [
        f"{names} in {layout.root} {what} moved to {layout.aside.name}, and what {leads} to is as"
        " it was"
    ]


def _foreign_within(folder: Path) -> Iterator[Path]:
    """Yield foreign entries at any depth, but for those that lie aside already."""
    entries: list[os.DirEntry[str]] = []
    with suppress(OSError), os.scandir(folder) as found:
        entries = sorted(found, key=lambda e: e.name)
    for entry in entries:
        path = Path(entry.path)
        if is_foreign(path):
            yield path
        elif entry.is_dir(follow_symlinks=False) and entry.name != "aside":
            yield from _foreign_within(path)
