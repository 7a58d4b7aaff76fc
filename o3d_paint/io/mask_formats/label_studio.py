"""Label Studio's "Brush labels to PNG" export: one PNG for each task, annotation and tag.

Source: ``save_brush_images_from_annotation`` of the Label Studio converter, which names files
``task-1-annotation-1-by-1-tag-Car-0.png``. A name holds the number of a task and not of a photo, so
tasks are matched with photos in order.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import open_image, pixels_of
from o3d_paint.io.mask_formats.files import MaskFiles
from o3d_paint.io.mask_formats.mask_set import MaskSet, PhotoMask
from o3d_paint.io.mask_formats.runs import Runs, painted_largest_first

__all__ = ["matches", "read"]

_NAME = re.compile(r"task-(?P<task>\d+)-annotation-\d+-by-.*-tag-(?P<tag>.+)-\d+\.png")


def matches(names: Iterable[str]) -> bool:
    """Return whether file names are those of this export."""
    found = [bool(_NAME.fullmatch(n.rpartition("/")[2])) for n in names]
    return bool(found) and all(found)


def read(files: MaskFiles, names: Sequence[str]) -> MaskSet:
    """Read an export; tags get ids in alphabetical order.

    Args:
        files: The folder or archive.
        names: The pictures in it, for which `matches` holds.
    """
    findings = Findings()
    tasks: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for name in names:
        match = _NAME.fullmatch(name.rpartition("/")[2])
        if match is not None:
            tasks[int(match["task"])].append((match["tag"], name))
    tags = sorted({tag for parts in tasks.values() for tag, _ in parts})
    ids = {tag: i for i, tag in enumerate(tags, start=1)}
    masks = [
        PhotoMask(f"task-{t}", partial(_paint, files, tasks[t], ids, findings))
        for t in sorted(tasks)
    ]
    return MaskSet(
        "Label Studio brush labels",
        tuple(masks),
        {i: tag for tag, i in ids.items()},
        is_in_order=True,
        numbers_are_made_up=True,
        findings=findings,
    )


def _paint(
    files: MaskFiles, parts: list[tuple[str, str]], ids: dict[str, int], findings: Findings
) -> IdArray:
    regions: list[tuple[int, Runs]] = []
    for tag, name in parts:
        where = files.where(name)
        try:
            with open_image(where, files.read(name)) as image:
                runs = Runs.of_coverage(pixels_of(image, where, mode="L").astype(np.uint8))
        except FormatError as error:
            findings.leave_out("picture", "that cannot be read", str(error))
            continue
        if regions and runs.shape != regions[0][1].shape:
            findings.leave_out("picture", "of another size than others of its task", str(where))
        else:
            regions.append((ids[tag], runs))
    if not regions:
        msg = f"no tag of task {parts[0][1]!r} in {files.root} can be read: export it again"
        raise FormatError(msg)
    return painted_largest_first(regions[0][1].shape, regions)
