"""Names in project folders of formats 1 to 3, which were folders of files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from o3d_paint.io.files import is_link

__all__ = ["OldLayout", "mask_names", "numbered"]

_MAX_NAME_BYTES = 120


@dataclass(frozen=True, slots=True)
class OldLayout:
    """Names inside such a folder.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def document(self) -> Path:
        """Table of contents."""
        return self.root / "project.json"

    @property
    def masks(self) -> Path:
        """Folder of masks."""
        return self.root / "masks"

    @property
    def layer(self) -> Path:
        """Labels laid on points, and predictions accepted for them."""
        return self.root / "cloud_layer.npz"

    @property
    def is_there(self) -> bool:
        """Whether there is anything of such a project."""
        has_masks = any(self.masks.glob("*.png"))
        return os.path.lexists(self.document) or has_masks or bool(self.journal_numbers())

    def journal(self, number: int) -> Path:
        """Journal of what came after a checkpoint."""
        return self.root / "journal" / f"{number:08d}.journal"

    def history(self, number: int) -> Path:
        """Undo history as of a checkpoint."""
        return self.root / f"history-{number:08d}.records"

    def state(self, number: int) -> OldLayout:
        """Folder of an earlier state."""
        return OldLayout(self.root / "states" / f"{number:08d}")

    def journal_numbers(self) -> list[int]:
        """Return the numbers of all journals, ascending."""
        return numbered(self.root / "journal", ".journal")

    def state_numbers(self) -> list[int]:
        """Return the numbers of all earlier states, ascending."""
        return numbered(self.root / "states", "")

    def files(self) -> list[Path]:
        """Return everything of such a project that is there, the table of contents last."""
        names = [self.masks, self.root / "journal", self.layer]
        names += [self.history(n) for n in numbered(self.root, ".records", "history-")]
        names += [self.state(n).root for n in self.state_numbers()]
        return [p for p in (*names, self.document) if os.path.lexists(p)]


def mask_names(photo_names: Sequence[str]) -> list[str]:
    """Return a file name for the mask of each photo: its own where that is possible.

    Names are distinct on disks that ignore case, and free of what any system forbids.
    """
    taken: set[str] = set()
    names = []
    for position, photo_name in enumerate(photo_names):
        safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", photo_name).strip(". ")
        safe = safe.encode("utf-8", "replace")[:_MAX_NAME_BYTES].decode("utf-8", "ignore")
        if not safe or safe.casefold() in taken:
            safe = f"{safe}#{position:04d}"
        taken.add(safe.casefold())
        names.append(f"{safe}.png")
    return names


def numbered(folder: Path, suffix: str, prefix: str = "") -> list[int]:
    """Return the numbers in the names of a folder's entries, ascending; a link has none."""
    if is_link(folder):
        return []
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    pattern = re.compile(re.escape(prefix) + r"(\d+)" + re.escape(suffix))
    return sorted(int(m.group(1)) for m in map(pattern.fullmatch, names) if m)
