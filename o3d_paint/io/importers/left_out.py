"""Photos of a scene that cannot be used: counted and named, and the rest is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from o3d_paint.core.scene import Photo
from o3d_paint.errors import PaintError, SceneError
from o3d_paint.io.orientation import is_quarter, other_turn, turn_name

__all__ = ["LeftOut", "shape_fault", "unposed"]

_NAMED = 5
_SAME_SHAPE = 0.02
"""Relative difference of two aspects that rounding a smaller copy's size explains."""


class LeftOut:
    """What is left out, by reason; falsy where that is nothing."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._said: dict[str, list[str]] = {}
        self._first: PaintError | None = None

    def __len__(self) -> int:
        """Return how many photos are left out."""
        return sum(len(names) for names in self._said.values())

    def add(self, name: str, reason: str, message: str | None = None) -> None:
        """Leave out a photo.

        Args:
            name: Of the photo, with what is to be said of it alone.
            reason: Ends "is left out because"; the same for all that share it.
            message: The sentence to refuse the scene with, where this is the first and none is
                left; by default made of the two.
        """
        self._said.setdefault(reason, []).append(name)
        self._first = self._first or SceneError(message or f"{name} is left out because {reason}")

    def add_error(self, name: str, error: PaintError) -> None:
        """Leave out a photo that a reader refused."""
        self._first = self._first or error
        self.names.add(name)
        self.add(f"{name} ({error})", "it cannot be read")

    def notes(self) -> list[str]:
        """Return a sentence for each reason."""
        return [_sentence(reason, names) for reason, names in self._said.items()]

    def require_rest(self, count: int, where: str) -> None:
        """Refuse a scene of which nothing is left.

        Args:
            count: Photos that can be used.
            where: Names the scene.

        Raises:
            PaintError: There are none; of the kind of the first that was left out.
        """
        if count or self._first is None:
            return
        msg = str(self._first)
        if len(self) > 1:
            msg = f"{where} has no photo that can be used, the first of {len(self)} for this: {msg}"
        raise type(self._first)(msg)


def _sentence(reason: str, names: list[str]) -> str:
    listed = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    if len(names) == 1:
        return f"1 photo is left out because {reason}: {listed}."
    return f"{len(names)} photos are left out because {reason}: {listed}."


def unposed(names: Sequence[str], count: int, folder: Path, source: str) -> list[str]:
    """Return a sentence about photos that lie beside others and have no pose.

    Args:
        names: Of those photos.
        count: Photos in the folder.
        folder: Where they lie.
        source: What has the poses.
    """
    if not names:
        return []
    listed = ", ".join(repr(n) for n in sorted(names)[:_NAMED])
    more = " …" if len(names) > _NAMED else ""
    verb = "is" if len(names) == 1 else "are"
    them = "it" if len(names) == 1 else "them"
    return [
        f"{len(names)} of {count} photos in {folder} {verb} not in {source}, which has no pose for"
        f" {them}: {listed}{more}."
    ]


def shape_fault(
    photo: Photo, size: tuple[int, int], *, tolerance: float = _SAME_SHAPE
) -> str | None:
    """Return how a photo's shape differs from its camera's, and the turn that would fit.

    Args:
        photo: With pixels as they lie in the file.
        size: (H, W) of the camera or of the depth picture.
        tolerance: Relative difference of two aspects that is none.

    Returns:
        Words that stand behind the photo's name in brackets; None where the shapes are the same.
    """
    height, width = size
    wanted, found = width / height, photo.width / photo.height
    if abs(found / wanted - 1) <= tolerance:
        return None
    words = f"{photo.width}x{photo.height} pixels for a camera of {width}x{height}"
    if abs(1 / (found * wanted) - 1) > tolerance:
        return words
    code = other_turn(photo)
    if is_quarter(code):
        return f"{words}; {turn_name(code)}, as its EXIF orientation says, it would fit"
    return f"{words}; turned by a quarter it would fit"
