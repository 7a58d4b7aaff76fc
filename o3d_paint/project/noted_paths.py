"""Paths that a project notes: where its scene, photos and cloud were when it was painted."""

from __future__ import annotations

import ntpath
import posixpath
from contextlib import suppress
from pathlib import Path

from o3d_paint.io.files import leads_out

__all__ = ["found_again", "is_passed_over"]


def found_again(noted: str, folder: Path) -> Path | None:
    """Return where a file or folder is now; None where it is not found.

    What lies beside the project goes before the noted place. A link there that leads elsewhere
    does not count, and no other computer is asked: Windows would sign in there by itself.

    Args:
        noted: As the project has it, written on any system.
        folder: Of the project.
    """
    name = ntpath.basename(noted) if _is_of_windows(noted) else posixpath.basename(noted)
    if not name or name in (".", ".."):
        return None
    with suppress(OSError, ValueError):
        for beside in (folder.absolute().parent / name, folder.resolve().parent / name):
            if beside.exists() and not leads_out(beside, beside.parent):
                return beside
    return Path(noted) if _is_there(noted, folder) else None


def is_passed_over(noted: str, folder: Path, taken: Path) -> bool:
    """Return whether the noted place still holds something, and something else was taken.

    Args:
        noted: As the project has it.
        folder: Of the project.
        taken: What `found_again` returned.
    """
    with suppress(OSError, ValueError):
        return _is_there(noted, folder) and not taken.samefile(noted)
    return False


def _is_there(noted: str, folder: Path) -> bool:
    with suppress(OSError, ValueError):
        path = Path(noted)
        return path.is_absolute() and not _is_remote(noted, folder) and path.exists()
    return False


def _is_of_windows(noted: str) -> bool:
    return bool(ntpath.splitdrive(noted)[0]) or "\\" in noted


def _is_remote(noted: str, folder: Path) -> bool:
    """Return whether a path names another computer, and not the one that holds the project."""
    host = ntpath.splitdrive(noted)[0].replace("/", "\\").casefold()
    own = ntpath.splitdrive(str(folder.absolute()))[0].replace("/", "\\").casefold()
    return host.startswith("\\\\") and host != own
