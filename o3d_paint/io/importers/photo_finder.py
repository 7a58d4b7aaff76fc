"""The photos that a file names by names of another computer: found by what the names end with.

Surveyors' programs note photos by the place they lay in when the project was made, or by a label
without its ending. Only names that lie below the folders searched are ever answered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from o3d_paint.io.images import PHOTO_SUFFIXES

__all__ = ["Found", "PhotoFinder"]

_MOST_FILES = 100_000
"""Entries of folders that are looked at: a wrong folder may hold anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a photo lies, or why it cannot be told.

    Attributes:
        path: The file; None where there is none, or none alone.
        reason: Ends "is left out because"; empty where there is a file.
    """

    path: Path | None
    reason: str = ""


class PhotoFinder:
    """The photos below some folders, by what their names end with."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Look through the first of the folders that has photos."""
        self.folder = folders[0]
        self._named: dict[str, list[tuple[str, ...]]] = {}
        for folder in folders:
            self.folder = folder
            for name in _photos_below(folder):
                for key in {name.name.casefold(), name.stem.casefold()}:
                    self._named.setdefault(key, []).append(name.parts)
            if self._named:
                break

    def find(self, name: str) -> Found:
        """Return the photo of a name, whatever drive and folders the name starts with."""
        parts = tuple(p for p in name.replace("\\", "/").split("/") if p not in ("", ".", ".."))
        here = self._named.get(parts[-1].casefold(), []) if parts else []
        if not here:
            return Found(None, f"it is not in {self.folder} (see --images DIR)")
        shared = [_shared_end(parts[:-1], found[:-1]) for found in here]
        best = [f for f, s in zip(here, shared, strict=True) if s == max(shared)]
        if len(best) > 1:
            best = [f for f in best if f[-1] == parts[-1]] or best
        if len(best) > 1:
            return Found(None, f"several photos in {self.folder} have its name (see --images DIR)")
        return Found(self.folder.joinpath(*best[0]))


def _shared_end(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Return how many folders two paths end with that are the same, capitals aside."""
    count = 0
    for mine, other in zip(reversed(a), reversed(b), strict=False):
        if mine.casefold() != other.casefold():
            break
        count += 1
    return count


def _photos_below(folder: Path) -> Iterator[PurePosixPath]:
    """Yield the names of photos below a folder; links to folders are not followed."""
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        inner = Path(place).relative_to(folder).as_posix()
        for name in sorted(files):
            seen += 1
            if seen > _MOST_FILES:
                return
            if Path(name).suffix.lower() in PHOTO_SUFFIXES and not name.startswith("."):
                yield PurePosixPath(inner) / name
