"""Tools of other packages, and how what they return becomes paint."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

import numpy as np

from o3d_paint.core.arrays import BoolArray, IdArray, frozen
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import Frame
from o3d_paint.core.selection.photo_tool import PhotoTool, Prompt, ToolInput
from o3d_paint.errors import FormatError
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.plugins import guarded, installed
from o3d_paint.project.project import Project

__all__ = ["apply_photo_tool", "has_photo_tools", "photo_tools", "run_photo_tool"]


@cache
def photo_tools() -> dict[str, PhotoTool]:
    """Return the tools of all installed packages by name."""
    return installed("o3d_paint.tools", PhotoTool)


@cache
def has_photo_tools() -> bool:
    """Return whether some installed package offers a tool; none is imported for that."""
    return any(True for _ in entry_points(group="o3d_paint.tools"))


def apply_photo_tool(
    project: Project,
    frame_idx: int,
    tool: PhotoTool,
    *,
    prompt: Prompt,
    class_id: int,
    protect: bool = False,
) -> bool:
    """Paint what a tool finds on a photo, as one step; returns whether anything changed.

    Args:
        project: The work.
        frame_idx: The photo.
        tool: Such as one of `photo_tools`.
        prompt: Where the user has pointed.
        class_id: The class; 0 erases.
        protect: Whether pixels that have a label keep it; erasing does not mind.

    Raises:
        PaintError: The tool fails, or returns what is no mask of this photo.
        TaxonomyError: There is no such class.
    """
    mask = project.mask(frame_idx)
    frame = project.scene.frames[frame_idx]
    coverage = run_photo_tool(tool, frame, mask, prompt=prompt, class_id=class_id)
    return project.paint_area(
        frame_idx,
        Rect.whole((mask.shape[0], mask.shape[1])),
        coverage=coverage,
        class_id=class_id,
        protect=protect,
        name=tool.title,
    )


def run_photo_tool(
    tool: PhotoTool,
    frame: Frame,
    mask: IdArray,
    *,
    prompt: Prompt,
    class_id: int,
    report: Callable[[float], None] | None = None,
) -> BoolArray:
    """Return the (H, W) coverage that a tool finds on a photo; for any thread.

    Args:
        tool: The tool.
        frame: The photo.
        mask: (H, W) ids painted so far; not changed while the tool runs.
        prompt: Where the user has pointed.
        class_id: The class; 0 erases.
        report: Told the share done; raises where nobody wants the answer any more.

    Raises:
        PaintError: The tool fails, or returns what is no mask of this photo.
    """
    view = ToolInput(frame, frozen(mask), class_id, prompt, report or _silent)
    found = guarded(tool.run, tool.title)(view)
    return _fitted(found, (mask.shape[0], mask.shape[1]), tool.title)


def _silent(_share: float) -> None:
    """Tell nobody."""


def _fitted(found: object, shape: tuple[int, int], title: str) -> BoolArray:
    """Return a tool's answer at the size of the mask, by the pixel under each pixel's centre.

    Raises:
        FormatError: It is no mask of the same view.
    """
    coverage = np.asarray(found)
    (height, width) = shape
    is_mask = coverage.ndim == 2 and coverage.size and coverage.dtype.kind == "b"
    if is_mask:
        h, w = coverage.shape
        is_mask = 1 / MAX_ASPECT < (w / h) / (width / height) < MAX_ASPECT
    if not is_mask:
        msg = (
            f"the tool {title!r} returned {coverage.dtype} {coverage.shape}: expected a bool mask"
            f" of the photo, such as {shape}"
        )
        raise FormatError(msg)
    if (h, w) == shape:
        return coverage
    rows = ((2 * np.arange(height) + 1) * h) // (2 * height)
    columns = ((2 * np.arange(width) + 1) * w) // (2 * width)
    fitted: BoolArray = coverage[rows[:, None], columns]
    return fitted
