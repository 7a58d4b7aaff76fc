"""What a changed scene makes of the paint, in words."""

from __future__ import annotations

from o3d_paint.project.document import Document
from o3d_paint.project.fitting import Fit
from o3d_paint.project.loaded import Loaded

__all__ = ["report_misfits"]


def report_misfits(loaded: Loaded, document: Document, fit: Fit) -> None:
    """Say what a changed scene makes of the paint."""
    if not fit.cloud:
        loaded.messages.append(
            f"the scene's points changed ({document.num_points} before): paint on photos applies"
            " to the new ones, labels laid on points directly are set aside"
        )
    gone = [
        entry.name
        for entry, now in zip(document.photos, fit.frames, strict=True)
        if now is None and entry.painted
    ]
    if gone:
        some = ", ".join(gone[:5]) + (", …" if len(gone) > 5 else "")
        loaded.messages.append(
            f"{len(gone)} painted photos changed or are gone, their masks are set aside: {some}"
        )
