"""Tools that see a photo and say what to paint: what plug-ins under ``o3d_paint.tools`` are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from o3d_paint.core.arrays import BoolArray, FloatArray, IdArray, frozen
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import Frame

__all__ = ["PhotoTool", "Prompt", "ToolInput"]


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """Where the user has pointed.

    Attributes:
        points: (K, 2) positions in mask pixels, integers at pixel centres.
        wanted: (K,) whether a position belongs to what is meant, or must not.
        box: Around what is meant, in mask pixels; or None.
    """

    points: FloatArray
    wanted: BoolArray
    box: Rect | None = None

    def __post_init__(self) -> None:
        """Check the shapes and make the arrays read-only.

        Raises:
            ValueError: They do not match.
        """
        points = np.asarray(self.points, dtype=np.float64).reshape(-1, 2)
        wanted = np.asarray(self.wanted, dtype=bool).reshape(-1)
        if len(points) != len(wanted):
            msg = f"{len(points)} points need as many values of wanted, got {len(wanted)}"
            raise ValueError(msg)
        object.__setattr__(self, "points", frozen(points))
        object.__setattr__(self, "wanted", frozen(wanted))


def _silent(_share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, eq=False)
class ToolInput:
    """What a tool sees.

    Attributes:
        frame: Photo, depth, confidence and camera; each at its own resolution, of the same view.
        mask: (H, W) class ids painted so far, read-only.
        class_id: The class that will be painted; 0 erases.
        prompt: Where the user has pointed.
        report: To be told the share done, 0..1, by tools that take long; it raises where nobody
            wants the answer any more, which ends the run.
    """

    frame: Frame
    mask: IdArray
    class_id: int
    prompt: Prompt
    report: Callable[[float], None] = _silent


@dataclass(frozen=True, slots=True)
class PhotoTool:
    """A tool.

    Attributes:
        title: For people.
        run: Returns the (h, w) bool coverage to paint, at the size of the mask or of any other
            picture of the same view.
        hint: How to use it, one sentence.
        is_experimental: Whether users are told that it may change or fail.
    """

    title: str
    run: Callable[[ToolInput], BoolArray]
    hint: str = ""
    is_experimental: bool = False
