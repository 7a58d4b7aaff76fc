"""A cloud's own file once more, with labels: every field that is not a label stays as it is.

The file is read again, in pieces, when one is written: nothing of it is kept in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.exporters.rewriters.e57 import rewrite_e57
from o3d_paint.io.exporters.rewriters.las import rewrite_las
from o3d_paint.io.exporters.rewriters.pcd import rewrite_pcd
from o3d_paint.io.exporters.rewriters.ply import rewrite_ply
from o3d_paint.io.exporters.rewriters.text import rewrite_text
from o3d_paint.io.origin import endings_for, listed

__all__ = ["REWRITERS", "rewriter_for", "told_of_losses"]

Rewriter = Callable[[LabelledScene, Path, ExportOptions], list[str]]

REWRITERS: dict[str, Rewriter] = {
    "las": rewrite_las,
    "e57": rewrite_e57,
    "ply": rewrite_ply,
    "pcd": rewrite_pcd,
    "text": rewrite_text,
}
"""By `CloudOrigin.kind`; each is given all rows that are written and returns what there is to say.
"""


def rewriter_for(labelled: LabelledScene, path: Path) -> Rewriter | None:
    """Return what writes a scene's cloud in the format that its file has; None for other formats.

    Args:
        labelled: The scene.
        path: The file to write, its format by the ending.
    """
    origin = labelled.scene.origin
    if origin is None or path.suffix.lower() not in endings_for(origin.kind, Path(origin.path)):
        return None
    return REWRITERS[origin.kind]


def told_of_losses(labelled: LabelledScene, path: Path) -> list[str]:
    """Return a sentence about what a cloud's file holds and one of another format does not."""
    origin = labelled.scene.origin
    if origin is None or not origin.others:
        return []
    endings = endings_for(origin.kind, Path(origin.path))
    if not endings:
        return []
    return [
        f"{path} is without what else {Path(origin.path).name} holds ({listed(origin.others)}):"
        f" {' and '.join(endings)} keep it."
    ]
