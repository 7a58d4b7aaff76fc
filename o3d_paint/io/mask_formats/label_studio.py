"""Label Studio's "Brush labels to PNG" export: one PNG for each task, annotation and tag.

Source: ``save_brush_images_from_annotation`` of the Label Studio converter, which names files
``task-1-annotation-1-by-1-tag-Car-0.png``. A name holds the number of a task and not of a photo, so
tasks are matched with photos in order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from pathlib import Path

from o3d_paint.core.arrays import IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask, paint_largest_first

__all__ = ["matches", "read"]

_NAME = re.compile(r"task-(?P<task>\d+)-annotation-\d+-by-.*-tag-(?P<tag>.+)-\d+\.png")


def matches(names: list[str]) -> bool:
    """Return whether file names are those of this export."""
    return bool(names) and all(_NAME.fullmatch(n) for n in names)


def read(paths: list[Path]) -> MaskSet:
    """Read an export; tags get ids in alphabetical order.

    Raises:
        FormatError: A file's name is not of this export.
    """
    tasks: dict[int, list[tuple[str, Path]]] = defaultdict(list)
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match is None:
            msg = f"{path} is not named as Label Studio names brush labels"
            raise FormatError(msg)
        tasks[int(match["task"])].append((match["tag"], path))
    tags = sorted({tag for parts in tasks.values() for tag, _ in parts})
    ids = {tag: i for i, tag in enumerate(tags, start=1)}
    masks = [PhotoMask(f"task-{t}", partial(_paint, tasks[t], ids)) for t in sorted(tasks)]
    names = {i: tag for tag, i in ids.items()}
    return MaskSet("Label Studio brush labels", tuple(masks), names, is_in_order=True)


def _paint(parts: list[tuple[str, Path]], ids: dict[str, int]) -> IdArray:
    regions = []
    for tag, path in parts:
        with open_image(path) as image:
            picture = pixels_of(image, path, mode="L")
        regions.append((ids[tag], picture.astype(bool)))
    shapes = {coverage.shape for _, coverage in regions}
    if len(shapes) > 1:
        msg = f"{parts[0][1]} and the other tags of its task differ in size: {sorted(shapes)}"
        raise FormatError(msg)
    height, width = shapes.pop()
    return paint_largest_first((height, width), regions)
